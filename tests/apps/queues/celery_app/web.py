# celery_app/web.py
import os
import time

from smooch.v2 import AsyncSmooch
from smooch.webhooks import asgi_app

from .worker import handle_delivery, redis

target = os.environ.get("BOT_URL", "http://127.0.0.1:8000/")


async def secret() -> str:
    async with AsyncSmooch.from_env() as api:
        return (await api.webhooks.ensure(target, "conversation:message")).secret


def enqueue(body: str, headers: dict[str, str]) -> None:
    redis.zadd("unhandled", {body: time.time()}, nx=True)
    # Without retry a Redis that is down raises at once, the answer is 503, and the API delivers again.
    handle_delivery.apply_async((body,), retry=False)


app = asgi_app(secret=secret, enqueue=enqueue)
