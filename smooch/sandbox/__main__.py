"""`python -m smooch.sandbox [--port N]`: run a sandbox until Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import sys
import threading

from . import Sandbox

KEPT_REQUESTS = 1000


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C, with a line on stderr for each delivery; the exit status is 0 then, 1 if the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m smooch.sandbox", description="A local Smooch API server.")
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        help="a further name for the Host header, besides those of this machine",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("smooch.sandbox").setLevel(logging.INFO)
    try:
        with Sandbox(port=options.port, keep_requests=KEPT_REQUESTS, allowed_hosts=options.allowed_host) as sandbox:
            print(_to_paste(sandbox), flush=True)  # noqa: T201
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        parser.exit(1, f"Cannot listen on port {options.port} of 127.0.0.1: {error.strerror}\n")
    return 0


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return int(text)


def _to_paste(sandbox: Sandbox) -> str:
    return f"""\
Smooch sandbox, until Ctrl-C. For the shell:

export SMOOCH_BASE_URL={sandbox.url}
export SMOOCH_KEY_ID={sandbox.key_id}
export SMOOCH_SECRET={sandbox.secret}
export SMOOCH_APP_ID={sandbox.app_id}

or in Python, for v1 and for v2:

from smooch import Smooch; api = Smooch("{sandbox.key_id}", "{sandbox.secret}", base_url="{sandbox.url}")
from smooch.v2 import Smooch; api = Smooch("{sandbox.key_id}", "{sandbox.secret}", "{sandbox.app_id}", base_url="{sandbox.url}")

With the key of the custom integration {sandbox.integration_id}, for a bot on v2, or that of the account, which makes apps:

SMOOCH_KEY_ID={sandbox.integration_key_id} SMOOCH_SECRET={sandbox.integration_secret} python
SMOOCH_KEY_ID={sandbox.account_key_id} SMOOCH_SECRET={sandbox.account_secret} python
"""


if __name__ == "__main__":
    sys.exit(main())
