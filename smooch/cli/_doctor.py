"""Find out why calls or deliveries fail: key, server, clock, webhook targets, limits."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import httpx

from .. import __version__, errors
from ._accounts import Account, V2Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._credentials import Credentials

_MAX_WEBHOOKS = 10
_CLOCK_TOLERANCE_SECONDS = 60
_SCOPES = {
    "app_": "an app key: everything of one app",
    "int_": "an integration key: users, conversations, messages and its own webhooks, on v2",
    "act_": "an account key: all apps of the account",
    "svc_": "a service account's key: the apps it has access to",
}


class Finding(NamedTuple):
    """The result of one check; `remedy` says what to do if it is not `ok`."""

    check: str
    state: Literal["ok", "warning", "wrong"]
    detail: str
    remedy: str = ""


def run_checks(credentials: Credentials, account: Account, integration_id: str) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    yield Finding("version", "ok", f"smooch-python {__version__}, API {credentials.version}")
    yield _check_key(credentials)
    url = str(account.api.raw.get_httpx_client().base_url)
    hooks: list[dict[str, Any]] | None = None
    lacks_integration = isinstance(account, V2Account) and integration_id == "me" and not _owns_integration(credentials)
    try:
        if lacks_integration:
            account.api.raw.get_httpx_client().get(f"/v2/apps/{credentials.get('app_id') or ''}")
        else:
            hooks = account.list_webhooks(integration_id)
    except errors.APIError as error:
        yield Finding("call", "wrong", f"{error.status_code} {error.code}".rstrip(), error.hint or error.description)
    except errors.ConnectionFailed as error:
        yield Finding(
            "server", "wrong", str(error), "check --region, --subdomain or --base-url, proxies and the network"
        )
        return
    else:
        yield Finding("call", "ok", f"{url} accepts the key")
    yield _check_clock(url)
    if hooks is not None:
        yield from _check_webhooks(hooks)
    elif lacks_integration:
        yield Finding(
            "webhooks",
            "warning",
            "not checked: the key has no integration of its own",
            "pass --integration with its id",
        )


def _owns_integration(credentials: Credentials) -> bool:
    return bool(credentials.get("token")) or (credentials.get("key_id") or "").startswith("int_")


def _check_key(credentials: Credentials) -> Finding:
    if credentials.get("token"):
        return Finding("key", "ok", "an OAuth access token")
    key_id = credentials.get("key_id") or ""
    kind = _SCOPES.get(key_id[:4])
    if kind is None:
        return Finding(
            "key",
            "warning",
            "the key id does not begin with app_, int_, act_ or svc_",
            "copy it again from the dashboard",
        )
    if key_id.startswith("int_") and credentials.version != "v2":
        return Finding("key", "wrong", kind, "use --api v2, or an app key")
    if key_id.startswith(("act_", "svc_")) and not credentials.get("app_id"):
        return Finding("key", "warning", kind, "pass --app-id: without it the key reaches no app's users")
    return Finding("key", "ok", kind)


def _check_clock(url: str) -> Finding:
    try:
        date = parsedate_to_datetime(httpx.head(url, timeout=10).headers["Date"]).timestamp()
    except (httpx.HTTPError, KeyError, TypeError, ValueError, OverflowError):
        return Finding(
            "clock",
            "warning",
            "the response has no Date header",
            "check the clock of this machine: tokens depend on it",
        )
    off = time.time() - date
    if abs(off) > _CLOCK_TOLERANCE_SECONDS:
        return Finding(
            "clock", "wrong", f"this machine is {off:+.0f} s off", "set the clock by NTP: tokens depend on it"
        )
    return Finding("clock", "ok", f"within {_CLOCK_TOLERANCE_SECONDS} s of the server's")


def _check_webhooks(hooks: list[dict[str, Any]]) -> Iterator[Finding]:
    count = len(hooks)
    if count >= _MAX_WEBHOOKS:
        yield Finding(
            "limit", "warning", f"{count} of {_MAX_WEBHOOKS} webhooks are in use", "delete one before you make another"
        )
    else:
        yield Finding("limit", "ok", f"{count} of {_MAX_WEBHOOKS} webhooks are in use")
    for hook in hooks:
        yield _check_target(str(hook.get("target", "")))


def _check_target(target: str) -> Finding:
    name = f"webhook {target}"
    try:
        status = httpx.head(target, timeout=10).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding(name, "wrong", f"no response: {error}", "start the bot, or correct the target")
    if status >= 400:
        return Finding(
            name, "warning", f"HEAD is answered {status}", "answer HEAD with 200: the API probes the target with it"
        )
    if target.startswith("http://") and not target.startswith(("http://127.", "http://localhost", "http://[::1]")):
        return Finding(name, "warning", "plain http: anyone on the way can read and forge deliveries", "use https")
    return Finding(name, "ok", f"HEAD is answered {status}")
