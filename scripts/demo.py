"""The classic session, step by step, against the embedded sandbox."""

from __future__ import annotations

import json
from typing import Any

from smooch import Smooch, errors
from smooch.sandbox import Sandbox

USER_ID = "b6518"


def show(call: str, outcome: Any) -> None:
    print(f"\n>>> {call}")
    print(json.dumps(outcome, indent=2, ensure_ascii=False) if isinstance(outcome, dict) else outcome)


def main() -> None:
    with Sandbox() as sandbox, Smooch(sandbox.key_id, sandbox.secret, base_url=sandbox.url) as api:
        print(f"A sandbox listens at {sandbox.url}; no account, no network.")
        show("api.init_user(user_id, device_id)", api.init_user(USER_ID, f"device-webapp-{USER_ID}").json())
        show("api.update_user(…)", api.update_user(USER_ID, {"properties": {"number": "213123"}}).json())
        show("api.post_message(user_id, …)", api.post_message(USER_ID, "Is Smooch any good?").json())
        show("api.post_message(user_id, …, True)", api.post_message(USER_ID, "Yes!!!", True).json())
        media = api.post_media(USER_ID, ("hello.txt", b"Hello!"), True)
        show("api.post_media(user_id, …)", media.json())
        for message in api.iter_messages(USER_ID):
            show("for message in api.iter_messages(user_id)", f"{message.role}: {message.text or message.media_url}")
        webhook_id, secret = api.ensure_webhook_exist("message:appMaker", "https://example.com/hook")
        show("api.ensure_webhook_exist(…)", f"webhook {webhook_id}, with a secret of {len(secret)} characters")
        show("api.user_jwt(user_id)", api.user_jwt(USER_ID, expires_in=3600))
        sandbox.fail(times=1, status=503)
        show("one 503, then the response", api.get_user(USER_ID).parsed)
        try:
            api.get_user("nobody")
        except errors.NotFound as error:
            show('api.get_user("nobody")', f"{type(error).__name__}: {error}")
        print(f"\n{len(sandbox.requests)} requests, all over a real socket.")
    print("Talk to a bot in your browser: .venv/bin/smooch demo --open")


if __name__ == "__main__":
    main()
