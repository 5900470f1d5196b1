"""The console: a page to talk to a bot as the end user, and to see all requests and deliveries.

The page is made of the files in `static/`, without a build step, and uses the control API below `/_sandbox/`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from starlette.responses import Response

_PREFIX = "/_console/"
_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_HEADERS = {
    # Messages come from strangers: nothing but the page's own files may run, and images may come from anywhere.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def has_path(path: str) -> bool:
    """Return whether a path is one of the console."""
    return path == "/" or path.startswith(_PREFIX)


def respond(method: str, path: str) -> Response:
    """Return a file of the page; 404 if there is no such file."""
    if method not in ("GET", "HEAD"):
        return Response("The console can only be fetched\n", 405, {"allow": "GET, HEAD"}, "text/plain")
    name = "index.html" if path == "/" else path.removeprefix(_PREFIX)
    content = _files().get(name)
    if content is None:
        return Response("There is no such file\n", 404, _HEADERS, "text/plain")
    return Response(content, headers=_HEADERS | {"content-type": _MEDIA_TYPES[name.rpartition(".")[2]]})


@cache
def _files() -> dict[str, bytes]:
    folder = resources.files(__package__) / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
