# taskiq_app/web.py
import os

from smooch.v2 import AsyncSmooch
from smooch.webhooks import asgi_app

from .worker import handle_delivery

target = os.environ.get("BOT_URL", "http://127.0.0.1:8000/")


async def secret() -> str:
    async with AsyncSmooch.from_env() as api:
        return (await api.webhooks.ensure(target, "conversation:message")).secret


async def enqueue(body: str, headers: dict[str, str]) -> None:
    await handle_delivery.kiq(body)


app = asgi_app(secret=secret, enqueue=enqueue)
