"""The parts of a running sandbox: credentials, state, faults, deliveries and the log."""

from __future__ import annotations

import inspect
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from . import _clock, _ids
from ._delivery import Delivery, Dispatcher
from ._entities import Account, Integration, Key
from ._events import Event
from ._faults import ChannelFault, DeliveryFault, Faults, RequestFault
from ._log import Log
from ._recording import RecordedRequest
from .store import Store, apps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ._entities import JsonObject, Webhook
    from ._faults import Fault
    from .store import App


@attrs.frozen
class StateChanged:
    """A request has changed the state without an event."""


@attrs.frozen
class FaultsChanged:
    """Faults were added, used up or deleted."""


@attrs.frozen
class Reset:
    """All state was deleted."""


Entry = RecordedRequest | Delivery | Event | StateChanged | FaultsChanged | Reset


@attrs.frozen(eq=False, kw_only=True)
class Credentials:
    """Ids and secrets of a sandbox; a reset does not change them."""

    app_id: str
    app_token: str = attrs.field(repr=False)
    account_id: str
    integration_id: str
    oauth_client_id: str
    oauth_client_secret: str = attrs.field(repr=False)
    app_key: Key
    account_key: Key
    integration_key: Key

    @classmethod
    def create(cls) -> Credentials:
        """Create random credentials."""
        app_id, account_id, integration_id = _ids.object_id(), _ids.object_id(), _ids.object_id()
        return cls(
            app_id=app_id,
            app_token=_ids.app_token(),
            account_id=account_id,
            integration_id=integration_id,
            oauth_client_id="sandbox_partner",
            oauth_client_secret=_ids.key_secret(),
            app_key=Key(id=_ids.key_id("app"), name="Sandbox", scope="app", owner=app_id),
            account_key=Key(id=_ids.key_id("act"), name="Sandbox account", scope="account", owner=account_id),
            integration_key=Key(
                id=_ids.key_id("int"), name="Sandbox integration", scope="integration", owner=integration_id
            ),
        )


class Engine:
    """The parts of a sandbox except its server.

    Used on the server's event loop. `root_url` is empty while the server is stopped.
    """

    def __init__(
        self,
        *,
        app_name: str,
        max_messages: int,
        keep_requests: int | None,
        retry_speedup: float,
        delivery_timeout: float,
        credentials: Credentials,
    ) -> None:
        self.credentials = credentials
        self.root_url = ""
        self.run_id = secrets.token_hex(4)
        self.log: Log[Entry] = Log()
        self.requests: deque[RecordedRequest] = deque(maxlen=keep_requests)
        self.request_faults: Faults[RequestFault] = Faults()
        self.dispatcher = Dispatcher(
            speedup=retry_speedup, timeout=delivery_timeout, keep=keep_requests, on_change=self.log.append
        )
        self._published_events = 0
        self._app_name = app_name
        self._max_messages = max_messages
        self.store = self._create_store()

    @property
    def app(self) -> App:
        """The app of the sandbox's own keys. LookupError if the API has deleted it."""
        app = self.store.apps.get(self.credentials.app_id)
        if app is None:
            raise LookupError("App not found")
        return app

    @property
    def last_event_id(self) -> str:
        """Id of the newest entry of the log, unique among all runs of sandboxes."""
        return f"{self.run_id}.{self.log.last_number}"

    async def reset(self) -> None:
        """Delete all state, requests, deliveries and faults."""
        self.store.stop_publishing()
        self.store = self._create_store()
        await self.dispatcher.cancel_all()
        self.dispatcher.clear()
        self.requests.clear()
        self.request_faults.clear()
        self.log.append(Reset())

    async def handle(self, handler: Callable[[Any], Any], call: Any, request: RecordedRequest) -> Any:
        """Return the result of a handler, or an empty object, and log a change of the state that makes no event."""
        events_before = self._published_events
        result = handler(call)
        if inspect.isawaitable(result):
            result = await result
        if request.method != "GET" and self._published_events == events_before:
            self.log.append(StateChanged())
        return {} if result is None else result

    def add_fault(self, fault: Fault) -> None:
        """Let the next requests, deliveries or messages that match fail."""
        match fault:
            case RequestFault():
                self.request_faults.append(fault)
            case DeliveryFault():
                self.dispatcher.faults.append(fault)
            case ChannelFault():
                self.app.channel_faults.append(fault)
        self.log.append(FaultsChanged())

    def deliver(self, event: Mapping[str, Any]) -> list[Delivery]:
        """Deliver an event to all webhooks of its version, whatever their triggers.

        It is one of v2 if it has `type`, one of v1 and v1.1 if it has `trigger`. Missing fields of the envelope are added.
        """
        kind = event.get("type") or event.get("trigger")
        if not isinstance(kind, str):
            raise ValueError("event must have a string in type (v2) or trigger (v1)")
        versions = ("v2",) if "type" in event else ("v1", "v1.1")
        webhooks = [webhook for webhook in self.app.webhooks.values() if webhook.version in versions]
        if not webhooks:
            raise LookupError(f"the app has no webhook of {' or '.join(versions)}")
        event_id = _ids.object_id()
        return [
            self.dispatcher.deliver(self.app, each, kind, self._wrap(event, each, event_id), event_id=event_id)
            for each in webhooks
        ]

    def _wrap(self, event: Mapping[str, Any], webhook: Webhook, event_id: str) -> JsonObject:
        """Return the body for a delivery of a custom event."""
        if webhook.version == "v1":
            return {"app": {"_id": self.app.id}, **event}
        if webhook.version == "v1.1":
            return {"app": {"_id": self.app.id}, "version": "v1.1", **event}
        return {
            "app": {"id": self.app.id},
            "webhook": {"id": webhook.id, "version": webhook.version},
            "events": [{"id": event_id, "createdAt": _clock.to_iso(_clock.now()), "payload": {}, **event}],
        }

    def _publish(self, app: App, event: Event) -> None:
        self._published_events += 1
        self.log.append(event)
        self.dispatcher.publish(app, event)

    def _create_store(self) -> Store:
        """Return a store with the account, the app and the custom integration of the credentials."""
        credentials = self.credentials
        store = Store(max_messages=self._max_messages, publish=self._publish)
        account = Account(id=credentials.account_id, name="Sandbox account", is_service=False)
        store.accounts[account.id] = account
        own_keys = (credentials.app_key, credentials.account_key, credentials.integration_key)
        store.keys = {key.id: key for key in own_keys}
        store.oauth_clients[credentials.oauth_client_id] = credentials.oauth_client_secret
        app = apps.create(
            store, self._app_name, owner=account.id, app_id=credentials.app_id, token=credentials.app_token
        )
        app.settings["multiConvoEnabled"] = True
        app.integrations[credentials.integration_id] = Integration(
            id=credentials.integration_id, type="custom", display_name="Sandbox integration"
        )
        return store
