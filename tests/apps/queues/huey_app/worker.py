# huey_app/worker.py
import os
from pathlib import Path

from huey import SqliteHuey

from smooch.webhooks import ConversationMessageEvent, SQLiteDeduplicator, WebhookEvent, handle_once, parse

LEASE = int(os.environ.get("LEASE", "60"))  # seconds, longer than your handler runs
dedupe = SQLiteDeduplicator("events.db", lease=LEASE)
huey = SqliteHuey(filename="queue.db", fsync=True, timeout=10, results=False)


def handle(event: WebhookEvent) -> None:
    match event:
        case ConversationMessageEvent(id=event_id):
            with Path("handled.log").open("a") as log:  # your work, in place of this line
                log.write(f"{event_id}\n")


@huey.task(retries=20, retry_delay=LEASE / 6)
def handle_delivery(body: str) -> None:
    handle_once(parse(body), handle, dedupe)
