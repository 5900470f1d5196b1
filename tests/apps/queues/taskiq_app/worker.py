# taskiq_app/worker.py
import asyncio
import logging
import os
from pathlib import Path

from taskiq import TaskiqScheduler
from taskiq.schedule_sources import LabelScheduleSource
from taskiq_redis import RedisStreamBroker

from smooch.webhooks import AsyncRedisDeduplicator, ConversationMessageEvent, WebhookEvent, handle_once_async, parse

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LEASE = int(os.environ.get("LEASE", "60"))  # seconds, longer than your handler runs
dedupe = AsyncRedisDeduplicator(REDIS, lease=LEASE)
broker = RedisStreamBroker(
    REDIS,
    consumer_id="0",  # a new group begins with the oldest delivery, not with the next one
    idle_timeout=LEASE * 1000,  # then another worker gets the task of a dead one
    unacknowledged_lock_timeout=LEASE,
    maxlen=100_000,  # deliveries in Redis, handled ones included: more than may ever wait
)
scheduler = TaskiqScheduler(broker, [LabelScheduleSource(broker)])


async def handle(event: WebhookEvent) -> None:
    match event:
        case ConversationMessageEvent(id=event_id):
            with Path("handled.log").open("a") as log:  # your work, in place of this line
                log.write(f"{event_id}\n")


@broker.task
async def handle_delivery(body: str) -> None:
    # Redis keeps the task until this function has ended, pauses included.
    for pause in (1, 2, 4, 8, 15, 30, 60, 120):
        try:
            return await handle_once_async(parse(body), handle, dedupe)
        except Exception:
            logging.exception("not all events were handled, the next try is in %d s", pause)
            await asyncio.sleep(pause)
    return await handle_once_async(parse(body), handle, dedupe)


@broker.task(schedule=[{"interval": 10}])
async def wake_workers() -> None:
    """Does nothing: workers look for tasks of dead ones only after a task came."""
