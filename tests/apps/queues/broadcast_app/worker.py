# broadcast_app/worker.py
import json
import os
from pathlib import Path
from uuid import uuid4

from celery import Celery, Task, group

from smooch import errors
from smooch.v2 import Smooch
from smooch.webhooks import RedisDeduplicator

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
api = Smooch.from_env()  # one for the process; a forked process gets connections of its own
dedupe = RedisDeduplicator(REDIS, prefix="broadcast:")
app = Celery("broadcast_app", broker=REDIS)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry_policy={"max_retries": None, "interval_max": 1},
    broker_transport_options={"visibility_timeout": 300, "socket_timeout": 5},
    broker_connection_retry_on_startup=True,
)


@app.task(bind=True, max_retries=20)
def post(self: Task[[str, str, str], None], broadcast: str, conversation_id: str, text: str) -> None:
    key, owner = f"{broadcast}/{conversation_id}", uuid4().hex
    if dedupe.claim(key, owner) != "new":
        return
    try:
        api.messages.post_text(conversation_id, text)
    except errors.RateLimited as error:  # after the retries of the client: nothing was posted
        dedupe.release(key, owner)
        raise self.retry(exc=error, countdown=error.retry_after or 30) from error
    dedupe.confirm(key)


@app.task(autoretry_for=(errors.RateLimited, errors.ConnectionFailed), retry_backoff=True, max_retries=20)
def export(conversation_id: str) -> None:
    lines = [json.dumps(message.to_dict()) + "\n" for message in api.messages.list(conversation_id)]
    Path("export", f"{conversation_id}.jsonl").write_text("".join(lines))


def broadcast(name: str, conversation_ids: list[str], text: str) -> None:
    """Queue a message to each conversation. The same name again posts nothing twice, for a day."""
    group(post.s(name, conversation_id, text) for conversation_id in conversation_ids).apply_async()


def export_all(conversation_ids: list[str]) -> None:
    Path("export").mkdir(exist_ok=True)
    group(export.s(conversation_id) for conversation_id in conversation_ids).apply_async()
