"""The console in Chromium, driven by Playwright, with a bot in its own process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.replayed_bot import running_bot

from smooch.sandbox import Sandbox
from smooch.v2 import Smooch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "dist" / "browser"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


# Not for the whole session: while Playwright runs, no other event loop can run in the process.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine, and it could not be installed")
    from playwright.sync_api import sync_playwright

    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def fresh(sandbox: Sandbox) -> Sandbox:
    """The sandbox after a reset, without users and webhooks."""
    sandbox.reset()
    return sandbox


@pytest.fixture
def bot(fresh: Sandbox, tmp_path: Path) -> Iterator[str]:
    with running_bot(fresh, tmp_path, "You said") as url:
        yield url


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Smooch]:
    with Smooch(sandbox.key_id, sandbox.secret, sandbox.app_id, base_url=sandbox.url) as api:
        yield api


def open_console(
    browser: Browser, sandbox: Sandbox, width: int = 1280, height: int = 760, scheme: str = "light"
) -> Page:
    """Open the console in a new page, which collects its script errors in `script_errors`."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.script_errors = errors  # type: ignore[attr-defined]
    page.goto(sandbox.url)
    page.wait_for_selector("#connection:text-is('live')", state="attached")
    return page


@pytest.fixture
def page(browser: Browser, fresh: Sandbox) -> Iterator[Page]:
    page = open_console(browser, fresh)
    yield page
    page.context.close()
    assert page.script_errors == []  # type: ignore[attr-defined]
