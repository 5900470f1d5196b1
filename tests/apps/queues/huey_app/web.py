# huey_app/web.py
import os

from smooch.v2 import AsyncSmooch
from smooch.webhooks import asgi_app

from .worker import LEASE, handle_delivery

target = os.environ.get("BOT_URL", "http://127.0.0.1:8000/")


async def secret() -> str:
    async with AsyncSmooch.from_env() as api:
        return (await api.webhooks.ensure(target, "conversation:message")).secret


def enqueue(body: str, headers: dict[str, str]) -> None:
    # huey deletes a task before it runs it. If that worker is killed, the copy is left.
    handle_delivery.schedule((body,), delay=LEASE / 2)
    handle_delivery(body)


app = asgi_app(secret=secret, enqueue=enqueue)
