"""What a handler is given."""

from __future__ import annotations

import functools
import mimetypes
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

import attrs

from ._entities import count
from ._errors import bad_request, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ._auth import Identity
    from ._entities import Account, Attachment, Conversation, User
    from ._spec import Operation
    from .store import App, Store

OCTETS = "application/octet-stream"

T = TypeVar("T")


@attrs.frozen
class Upload:
    """A file of a multipart form."""

    filename: str
    media_type: str
    data: bytes = attrs.field(repr=count)


@attrs.frozen
class Redirect:
    """An answer that sends the browser on to `location`."""

    location: str


@attrs.define(eq=False, kw_only=True, slots=False)
class Call:
    """One authorised, validated request. `url` is what was asked for, without the query."""

    operation: Operation
    version: str
    root_url: str
    url: str
    identity: Identity
    store: Store
    params: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]
    files: dict[str, Upload]
    probe: Callable[[str], Awaitable[bool]] | None

    @functools.cached_property
    def app(self) -> App:
        """The app of the path or of the key."""
        return self.identity.app(self.store, self.params.get("appId"))

    @functools.cached_property
    def user(self) -> User:
        """The user of the path; 404 if there is none."""
        user = self.app.user(self.params["userId"])
        if user is None:
            raise not_found("User")
        return user

    @property
    def conversation(self) -> Conversation:
        """The user's conversation; 404 until there is one."""
        if self.user.conversation is None:
            raise not_found("Conversation")
        return self.user.conversation

    @property
    def account(self) -> Account:
        """The account whose key made the call."""
        return self.store.accounts[self.identity.owner]

    def store_file(self, field: str, conversation: Conversation | None = None) -> Attachment:
        """Keep the uploaded file of the form field `field`; its type is guessed from its name where the client gave none."""
        if field not in self.files:
            raise bad_request(f"form {field}: has to be a file")
        upload = self.files[field]
        media_type = upload.media_type
        if media_type in ("", OCTETS):
            media_type = mimetypes.guess_type(upload.filename)[0] or OCTETS
        return self.app.add_attachment(upload.filename, upload.data, media_type, conversation)

    def attachment_at(self, url: str) -> Attachment | None:
        """The file of the app that `media_url` gave this URL."""
        return self.app.attachments.get(unquote(url.removeprefix(f"{self.root_url}/media/")))

    async def require_target(self, target: str) -> None:
        """400 if nothing answers at the target of a new webhook, in a sandbox that probes."""
        if self.probe is not None and not await self.probe(target):
            raise bad_request(f"body target: {target} does not answer a HEAD request")

    def media_url(self, attachment: Attachment) -> str:
        """Where `attachment` can be fetched."""
        return f"{self.root_url}/media/{quote(attachment.path)}"


def found(table: dict[str, T], key: str, what: str) -> T:
    """The entry of `table`; 404 if there is none."""
    if key not in table:
        raise not_found(what)
    return table[key]
