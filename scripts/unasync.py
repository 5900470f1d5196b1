"""Derive the sync code and tests from the async ones by renaming words; `--check` only compares.

Unused rules and derived files without a source are errors.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [("smooch/_async", "smooch/_sync"), ("tests/_async", "tests/_sync")]

RULES = [
    (r"\npytestmark = pytest\.mark\.anyio\n", ""),
    (r"async def", "def"),
    (r"async with", "with"),
    (r"async for", "for"),
    (r"await ", ""),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"__aiter__", "__iter__"),
    (r"__anext__", "__next__"),
    (r"Awaitable\[Response\[Any\]\]", "Response[Any]"),
    (r"StopAsyncIteration", "StopIteration"),
    (r"AsyncByteStream", "SyncByteStream"),
    (r"Async(?=[A-Z])", ""),
    (r"smooch\._async", "smooch._sync"),
    (r"async_network", "network"),
    (r"async_synchronization", "synchronization"),
    (r"PerLoop", "Shared"),
    (r"async_sleep", "sleep"),
    (r"async_time_limit", "time_limit"),
    (r"async_together", "together"),
    (r"async_wait_until", "wait_until"),
    (r"asyncio_detailed", "sync_detailed"),
    (r"asyncio\(", "sync("),
    (r"asynccontextmanager", "contextmanager"),
    (r"get_async_httpx_client", "get_httpx_client"),
    (r"set_async_httpx_client", "set_httpx_client"),
    (r"handle_async_request", "handle_request"),
    (r"aclose", "close"),
    (r"aiter_bytes", "iter_bytes"),
    (r"anext\(", "next("),
    (r"aread", "read"),
]


def derive() -> tuple[dict[Path, str], list[str]]:
    """Return the text of each derived file, and the rules that no source uses."""
    derived: dict[Path, str] = {}
    used: set[str] = set()
    for source_folder, target_folder in FOLDERS:
        for source in sorted((ROOT / source_folder).rglob("*.py")):
            text = source.read_text(encoding="utf-8")
            for pattern, replacement in RULES:
                word = rf"(?<![A-Za-z]){pattern}" if pattern[0].isalpha() else pattern
                text, count = re.subn(word, replacement, text)
                if count:
                    used.add(pattern)
            header = f"# Derived from {source.relative_to(ROOT)} by scripts/unasync.py; edit that file.\n"
            derived[ROOT / target_folder / source.relative_to(ROOT / source_folder)] = header + text
    return derived, [pattern for pattern, _ in RULES if pattern not in used]


def main() -> int:
    check = "--check" in sys.argv[1:]
    derived, unused = derive()
    problems = [f"rule never used: {pattern}" for pattern in unused]
    for _, target_folder in FOLDERS:
        existing = sorted((ROOT / target_folder).rglob("*.py"))
        problems += [f"no source for {path.relative_to(ROOT)}: delete it" for path in existing if path not in derived]
    for path, text in derived.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            problems.append(f"out of date: {path.relative_to(ROOT)} (run `make unasync`)")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    return bool(problems)


if __name__ == "__main__":
    raise SystemExit(main())
