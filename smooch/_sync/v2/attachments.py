# Derived from smooch/_async/v2/attachments.py by scripts/unasync.py; edit that file.
"""Attachments: uploaded files that messages refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import attachments

from ... import _files
from ..._v2 import bodies
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from smooch_api import Client

    from ..._files import FileSource


class Attachments(Resource):
    """Attachments: uploaded files that messages refer to."""

    def upload(
        self,
        file: FileSource | bytes,
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        conversation_id: str | None = None,
    ) -> models.Attachment:
        """Upload a file that messages can refer to (uploadAttachment).

        `messages.post_media` posts it too. `file` is a path, bytes, a pair `("cat.png", b"…")`, or a file opened
        in mode `rb`, read from its current position; at most 50 MB. Its type is guessed from its name unless
        `mime_type` is given. `filename` is the name that the user sees. With `conversation_id`, the file is deleted
        together with the message, conversation or user.
        """
        with _files.open_upload(
            file, _files.find_limit(self._settings.prefix, check=self._settings.check), mime_type, filename
        ) as upload:
            return upload_file(self._raw, self._app_id(), upload, conversation_id)

    def delete(self, media_url: str) -> None:
        """Delete an uploaded file (deleteAttachment).

        Caches may serve it for another 15 minutes.
        """
        body = self._bodies.build_body(models.AttachmentDelete, {"mediaUrl": media_url}, "attachment")
        attachments.delete_attachment.sync(self._app_id(), client=self._raw, body=body)


def upload_file(
    raw: Client, app_id: str, upload: _files.Upload, conversation_id: str | None
) -> models.Attachment:
    """Upload an opened file."""
    response = attachments.upload_attachment.sync_detailed(
        app_id,
        client=raw,
        body=models.AttachmentUpload(source=upload.to_file()),
        access="public",
        for_="message",
        conversation_id=bodies.none_as_unset(conversation_id, "conversation_id"),
    )
    attachment = response.parsed.attachment
    _files.check_media_url(response, attachment.media_url)
    return attachment
