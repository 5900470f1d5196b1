"""Replay a transcript to a bot that is connected to a running sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .. import sandbox, v1, v2
from ..errors import ConnectionFailed, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from ._credentials import Credentials


def replay(credentials: Credentials, transcript: Path, bot: str, *, quiet: float, timeout: float) -> sandbox.Replay:
    """Replay to the bot whose webhook has the target `bot`.

    Raises:
        InvalidInput: there is no sandbox, no such webhook, or a line cannot be read.
    """
    url = credentials.get("base_url")
    if url is None:
        raise InvalidInput("no sandbox is named: set SMOOCH_BASE_URL, or pass --base-url", "base_url")
    try:
        lines = sandbox.read_transcript(transcript)
        if bot.rstrip("/") not in {target.rstrip("/") for target in _list_targets(url)}:
            raise InvalidInput(
                f"no webhook of the sandbox has the target {bot}: start the bot with SMOOCH_BASE_URL={url}", "bot"
            )
        return sandbox.replay(lines, url, quiet=quiet, timeout=timeout)
    except httpx.HTTPError as error:
        raise ConnectionFailed(f"no response from the sandbox at {url}: {error}") from None
    except ValueError as error:
        raise InvalidInput(str(error), "transcript") from None


def _list_targets(url: str) -> list[str]:
    """Return the targets of the webhooks of all versions."""
    response = httpx.get(f"{url.rstrip('/')}/_sandbox")
    if "keyId" not in response.text:
        raise InvalidInput(f"{url} is not a sandbox", "base_url")
    known = response.json()
    key = (known["keyId"], known["secret"])
    with v1.Smooch(*key, base_url=url) as classic, v2.Smooch(*key, known["appId"], base_url=url) as modern:
        hooks = modern.webhooks.list(integration_id=known["integrationId"])
        return [hook["target"] for hook in classic.get_webhooks().json()["webhooks"]] + [hook.target for hook in hooks]
