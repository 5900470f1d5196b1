"""The argument of a handler: an authenticated and validated request."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ._entities import describe_size
from ._errors import bad_request, not_found
from .store import attachments

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ._auth import Identity
    from ._entities import Account, Attachment, Conversation, Key, User
    from ._spec import Operation
    from .store import App, Store

T = TypeVar("T")


@attrs.frozen
class Upload:
    """A file of a multipart form."""

    filename: str
    media_type: str
    data: bytes = attrs.field(repr=describe_size)


@attrs.frozen
class Redirect:
    """A response that redirects the browser to `location`."""

    location: str


@attrs.define(eq=False, kw_only=True, slots=False)
class Call:
    """An authenticated and validated request; `url` is its URL without the query."""

    operation: Operation
    version: str
    root_url: str
    url: str
    identity: Identity
    store: Store
    params: dict[str, str]
    query: dict[str, Any] = attrs.Factory(dict)
    body: dict[str, Any] = attrs.Factory(dict)
    files: dict[str, Upload] = attrs.Factory(dict)
    probe: Callable[[str], Awaitable[bool]] | None

    @functools.cached_property
    def app(self) -> App:
        """The app of the path or of the key."""
        return self.identity.app(self.store, self.params.get("appId"))

    @functools.cached_property
    def user(self) -> User:
        """The user of the path; 404 if it does not exist."""
        user = self.app.find_user(self.params["userId"], self.query.get("brandId"))
        if user is None:
            raise not_found("User")
        return user

    @property
    def conversation(self) -> Conversation:
        """The user's conversation; 404 before the first message."""
        if self.user.conversation is None:
            raise not_found("Conversation")
        return self.user.conversation

    @property
    def account(self) -> Account:
        """The account whose key made the call."""
        return self.store.accounts[self.identity.owner]

    def find_key(self, owner: str, kind: str) -> Key:
        """Return the key of the path. 404, with `kind` in the error, unless it belongs to `owner`."""
        key = self.store.keys.get(self.params["keyId"])
        if key is None or key.owner != owner:
            raise not_found(kind)
        return key

    def store_file(self, field: str, conversation: Conversation | None = None) -> Attachment:
        """Store the uploaded file of a form field."""
        if field not in self.files:
            raise bad_request(f"form {field}: must be a file")
        upload = self.files[field]
        return attachments.add(self.app, upload.filename, upload.data, upload.media_type, conversation)

    async def require_target(self, target: str) -> None:
        """Raise a 400 if the target of a new webhook does not respond, in a sandbox with `probe_targets`."""
        if self.probe is not None and not await self.probe(target):
            raise bad_request(f"body target: {target} does not answer a HEAD request")

    def media_url(self, attachment: Attachment) -> str:
        """Return the URL of a stored file."""
        return attachments.build_url(attachment, self.root_url)


def get_or_404(table: dict[str, T], key: str, kind: str) -> T:
    """Return the record of `table` with this key. 404 if it is missing; `kind` names it in the error."""
    if key not in table:
        raise not_found(kind)
    return table[key]
