"""`python -m smooch.sandbox [--port N]`: run a sandbox until Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import webbrowser

from . import Sandbox

KEPT_REQUESTS = 1000


def main(arguments: list[str] | None = None) -> int:
    """Run a sandbox until Ctrl-C, with a line on stderr for each delivery.

    The exit status is 0, or 1 if the port is taken.
    """
    parser = argparse.ArgumentParser(prog="python -m smooch.sandbox", description="A local Smooch API server.")
    parser.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        help="a further name for the Host header, besides those of this machine",
    )
    parser.add_argument("--state", metavar="FILE", help="keep the state in this SQLite file, until the next start")
    parser.add_argument("--open", action="store_true", help="open the console in the browser")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("smooch.sandbox").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with Sandbox(
            port=options.port,
            keep_requests=KEPT_REQUESTS,
            allowed_hosts=options.allowed_host,
            state=options.state,
        ) as sandbox:
            print(_to_paste(sandbox), flush=True)  # noqa: T201
            if options.open:
                webbrowser.open(sandbox.url)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    except OSError as error:
        parser.exit(1, f"Cannot listen on port {options.port} of 127.0.0.1: {error.strerror}\n")
    return 0


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: must be 0 to 65535")
    return int(text)


def _to_paste(sandbox: Sandbox) -> str:
    bot = (
        f"SMOOCH_BASE_URL={sandbox.url} SMOOCH_APP_ID={sandbox.app_id}"
        f" SMOOCH_KEY_ID={sandbox.integration_key_id} SMOOCH_SECRET={sandbox.integration_secret}"
    )
    return f"""\
Smooch sandbox at {sandbox.url}, until Ctrl-C. For the shell of your app:

export SMOOCH_BASE_URL={sandbox.url}
export SMOOCH_KEY_ID={sandbox.key_id}
export SMOOCH_SECRET={sandbox.secret}
export SMOOCH_APP_ID={sandbox.app_id}

Code that does not read SMOOCH_BASE_URL still talks to the real API. A bot on v1, started there:

uvicorn bot:app --port 8000
gunicorn bot:app --bind 127.0.0.1:8000

A bot on v2 needs the key of an integration, here the custom integration {sandbox.integration_id}:

{bot} uvicorn bot:app --port 8000
{bot} gunicorn bot:app --bind 127.0.0.1:8000

Code that makes apps needs the key of the account:

SMOOCH_BASE_URL={sandbox.url} SMOOCH_KEY_ID={sandbox.account_key_id} SMOOCH_SECRET={sandbox.account_secret} python

In Python, for v1 and for v2:

from smooch import Smooch; api = Smooch("{sandbox.key_id}", "{sandbox.secret}", base_url="{sandbox.url}")
from smooch.v2 import Smooch; api = Smooch("{sandbox.key_id}", "{sandbox.secret}", "{sandbox.app_id}", base_url="{sandbox.url}")

Write as a user and watch what happens, in the browser at {sandbox.url}, or from the shell:

curl {sandbox.url}/_sandbox/users/ana/say -d '{{"content": "Hi"}}'
curl -N {sandbox.url}/_sandbox/events
"""


if __name__ == "__main__":
    sys.exit(main())
