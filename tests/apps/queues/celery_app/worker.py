# celery_app/worker.py
import os
import time
from pathlib import Path

from celery import Celery
from redis import Redis

from smooch.webhooks import ConversationMessageEvent, RedisDeduplicator, WebhookEvent, handle_once, parse

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LEASE = int(os.environ.get("LEASE", "60"))  # seconds, longer than your handler runs
redis = Redis.from_url(REDIS, socket_timeout=5, decode_responses=True)
dedupe = RedisDeduplicator(REDIS, lease=LEASE)
app = Celery("celery_app", broker=REDIS)
app.conf.update(
    task_acks_late=True,  # a task leaves Redis when it has ended, not when it begins
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry_policy={"max_retries": None, "interval_max": 1},  # a retry waits for Redis, and is not lost
    worker_prefetch_multiplier=1,
    broker_transport_options={
        "visibility_timeout": LEASE,  # then another worker gets the task of a dead one
        "unacked_restore_throttle": 1,  # look for such tasks every 10 s, not every 100 s
        "socket_timeout": 5,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    beat_schedule={"queue lost": {"task": "celery_app.worker.queue_lost", "schedule": LEASE}},
)


def handle(event: WebhookEvent) -> None:
    match event:
        case ConversationMessageEvent(id=event_id):
            with Path("handled.log").open("a") as log:  # your work, in place of this line
                log.write(f"{event_id}\n")


@app.task(autoretry_for=(Exception,), retry_backoff=True, retry_backoff_max=30, max_retries=20)
def handle_delivery(body: str) -> None:
    handle_once(parse(body), handle, dedupe)
    redis.zrem("unhandled", body)


@app.task
def queue_lost() -> None:
    """Queue again what was not handled in time, once the queue is empty: Celery lost it, or gave it up."""
    if not redis.llen("celery"):
        for body in redis.zrange("unhandled", 0, int(time.time()) - 2 * LEASE, byscore=True, offset=0, num=1000):
            handle_delivery.delay(body)
