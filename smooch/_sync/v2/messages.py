# Derived from smooch/_async/v2/messages.py by scripts/unasync.py; edit that file.
"""The messages of a conversation."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Unpack

from smooch_api.v2.api import messages

from ... import _files, errors
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged
from .attachments import Attachments, upload_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smooch_api.v2 import dicts, models

    from ..._files import FileSource
    from ..._v2.bodies import MessageLike, MessageOptions, Wire


class Messages(Resource):
    """The messages of a conversation."""

    def post(
        self, conversation_id: str, message: MessageLike, **options: Unpack[MessageOptions]
    ) -> models.Message:
        """Post a message (postMessage).

        `message` is a text, the content of a message as a model or in wire form, or a whole message. All methods that
        post take these options:

        - `author`: `business` (the default), a `User`, an `AuthorPost`, or a mapping such as
          `{"type": "user", "userExternalId": "b6518"}`
        - `metadata`: at most 4 kB
        - `destination`: the one channel to send to
        - `override`: what some channels get instead, in their own format
        - `schema`: `whatsapp` if the content is in WhatsApp's own format
        - `block_chat_input`: whether the user's chat input is blocked while this is the latest message

        A message is never sent twice: if it may have arrived, an error says so. A text with a template in shorthand can
        become several messages; the last one is returned.

        Raises:
            ConversationFull: the conversation holds as many messages as the API allows.
        """
        body = self._bodies.build_message(message, options)
        response = messages.post_message.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return bodies.get_last_message(response)

    def post_text(
        self,
        conversation_id: str,
        text: str | None = None,
        *,
        html_text: str | None = None,
        markdown_text: str | None = None,
        actions: Iterable[models.Action | dicts.Action | dicts.PlainDict] | None = None,
        payload: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a text of at most 4096 characters, with buttons or quick replies (postMessage).

        Pass one of `text`, `html_text` and `markdown_text`. `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_text(
            text=text, htmlText=html_text, markdownText=markdown_text, actions=actions, payload=payload
        )
        return self.post(conversation_id, content, **options)

    def post_image(
        self,
        conversation_id: str,
        media_url: str,
        *,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        actions: Iterable[models.Action | dicts.Action | dicts.PlainDict] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post an image by its URL (postMessage).

        To upload and post one, use `post_media`. `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content(
            "image",
            mediaUrl=media_url,
            text=text,
            htmlText=html_text,
            markdownText=markdown_text,
            altText=alt_text,
            actions=actions,
        )
        return self.post(conversation_id, content, **options)

    def post_file(
        self,
        conversation_id: str,
        media_url: str,
        *,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a file by its URL (postMessage).

        To upload and post one, use `post_media`. `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content(
            "file", mediaUrl=media_url, text=text, htmlText=html_text, markdownText=markdown_text, altText=alt_text
        )
        return self.post(conversation_id, content, **options)

    def post_carousel(
        self,
        conversation_id: str,
        items: Iterable[models.MessageItem | dicts.MessageItem | dicts.PlainDict],
        *,
        display_settings: models.DisplaySettings | dicts.DisplaySettings | dicts.PlainDict | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post up to ten cards side by side (postMessage).

        `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content("carousel", items=items, displaySettings=display_settings)
        return self.post(conversation_id, content, **options)

    def post_list(
        self,
        conversation_id: str,
        items: Iterable[models.MessageItem | dicts.MessageItem | dicts.PlainDict],
        *,
        actions: Iterable[models.ItemAction | dicts.ItemAction | dicts.PlainDict] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post up to ten cards one below the other (postMessage).

        `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content("list", items=items, actions=actions)
        return self.post(conversation_id, content, **options)

    def post_form(
        self,
        conversation_id: str,
        fields: Iterable[models.FormMessageField | dicts.FormMessageField | dicts.PlainDict],
        *,
        text: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a form of up to 20 fields (postMessage).

        Social channels show `text` instead of the form. `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content("form", fields=fields, text=text)
        return self.post(conversation_id, content, **options)

    def post_location(
        self,
        conversation_id: str,
        lat: float,
        long: float,
        *,
        name: str | None = None,
        address: str | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Post a location, in degrees of latitude and longitude (postMessage).

        `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_location(lat, long, name, address)
        return self.post(conversation_id, content, **options)

    def post_template(
        self, conversation_id: str, template: Wire, **options: Unpack[MessageOptions]
    ) -> models.Message:
        """Post a WhatsApp message template, in WhatsApp's own format (postMessage).

        `options`, such as `author`, are those of `post`.
        """
        content = bodies.build_content("template", template=template)
        options.setdefault("schema", "whatsapp")
        return self.post(conversation_id, content, **options)

    def post_media(
        self,
        conversation_id: str,
        file: FileSource | bytes,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        text: str | None = None,
        html_text: str | None = None,
        markdown_text: str | None = None,
        alt_text: str | None = None,
        actions: Iterable[models.Action | dicts.Action | dicts.PlainDict] | None = None,
        **options: Unpack[MessageOptions],
    ) -> models.Message:
        """Upload a file and post it, as an image if it is one (uploadAttachment, postMessage).

        Pass the file as in `attachments.upload`. Only images can have `actions`. If the API refuses the message, the
        uploaded file is deleted again. `options`, such as `author`, are those of `post`.
        """
        if actions is not None:
            actions = list(actions)  # read twice
        with _files.open_upload(
            file, _files.find_limit(self._settings.prefix, check=self._settings.check), mime_type, filename
        ) as upload:
            content = partial(
                bodies.build_media,
                is_image=upload.is_image,
                text=text,
                htmlText=html_text,
                markdownText=markdown_text,
                altText=alt_text,
                actions=actions,
            )
            self._bodies.build_message(content("about:blank"), options)
            attachment = upload_file(self._raw, self._app_id(), upload, conversation_id)
        try:
            return self.post(conversation_id, content(attachment.media_url), **options)
        except errors.APIError as refusal:
            if not isinstance(refusal, errors.ServerError):  # after which the message may be there nevertheless
                with suppress(errors.SmoochError):
                    Attachments(self._raw, self._settings).delete(attachment.media_url)
            raise

    def list(
        self,
        conversation_id: str,
        *,
        newest_first: bool | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.Message]:
        """List the messages of a conversation (listMessages).

        The newest message comes first, as in the pages of the API; with `before`, the list starts before the message
        with that id. With `after`, it starts after that message and goes forward in time. With `newest_first=False` and
        no `after`, it starts at the very first message: all pages are fetched before the first message is returned.
        Returns at most `limit`, or all. Fetches 100 at a time.
        """
        pager = paging.build_message_pager(newest_first=newest_first, before=before, after=after, limit=limit)
        call = partial(messages.list_messages.sync_detailed, self._app_id(), conversation_id, client=self._raw)
        return Paged(call, pager)

    def delete(self, conversation_id: str, message_id: str) -> None:
        """Delete a message (deleteMessage)."""
        messages.delete_message.sync(self._app_id(), conversation_id, message_id, client=self._raw)

    def delete_all(self, conversation_id: str) -> None:
        """Delete all messages of a conversation (deleteAllMessages)."""
        messages.delete_all_messages.sync(self._app_id(), conversation_id, client=self._raw)
