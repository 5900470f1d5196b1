"""A shop in the style of the old wrapper, on API v1. `gunicorn --workers 4 shop:app` runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from smooch import Smooch, errors
from smooch.webhooks import MessageAppUser, Postback, SQLiteDeduplicator, WebhookEvent, wsgi_app

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

api = Smooch.from_env()
app = Flask(__name__)


def secret() -> str:
    target = f"{os.environ['SHOP_URL']}/hook"
    _, webhook_secret = api.ensure_webhook_exist(["message:appUser", "postback"], target)
    return webhook_secret


def handle(event: WebhookEvent) -> None:
    match event:
        case MessageAppUser(messages=messages, app_user=user):
            for message in messages:
                api.post_message(user.id, f"You said: {message.text or 'nothing that I can read'}", True)
        case Postback(postbacks=postbacks, app_user=user):
            for postback in postbacks:
                api.update_user(user.id, {"properties": {"last_order": postback.action.payload or ""}})
                api.post_message(user.id, f"Your order: {postback.action.text}", True)


# The workers share the file, so that each message is answered by one of them.
hook = wsgi_app(handle, secret=secret, deduplicator=SQLiteDeduplicator("events.db"))
hook.start()


@app.route("/hook", methods=["HEAD", "POST"])
def receive() -> WSGIApplication:
    return hook


@app.post("/users/<user_id>")
def sign_up(user_id: str) -> dict[str, Any]:
    api.init_user(user_id, f"device-webapp-{user_id}")
    r = api.update_user(user_id, {"givenName": request.form["name"]})
    return {"name": r.json()["appUser"]["givenName"], "jwt": api.user_jwt(user_id, expires_in=3600)}


@app.post("/users/<user_id>/offers")
def offer(user_id: str) -> tuple[dict[str, Any], int]:
    buy = {"type": "postback", "text": "Take it", "payload": "MUG"}
    try:
        r = api.post_message(user_id, {"type": "text", "text": "A red mug?", "actions": [buy]}, True)
    except Smooch.APIError as error:
        return {"error": str(error.description)}, error.status_code
    except errors.ConnectionFailed:
        return {"error": "try again later"}, 503
    return r.json()["message"], r.status_code


@app.get("/users/<user_id>/messages")
def messages(user_id: str) -> list[Any]:
    r = api.get_messages(user_id)
    return [message["text"] for message in r.json()["messages"]]
