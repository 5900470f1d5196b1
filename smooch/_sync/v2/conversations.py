# Derived from smooch/_async/v2/conversations.py by scripts/unasync.py; edit that file.
"""Conversations with one user or a group."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from smooch_api.v2 import models
from smooch_api.v2.api import conversations

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..._v2.bodies import ConversionChannel, Metadata, Wire


class Conversations(Resource):
    """Conversations with one user or a group."""

    def create(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        type_: Literal["personal", "sdkGroup"] = "personal",
        participants: Iterable[models.ParticipantCreate | Wire] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        icon_url: str | None = None,
        metadata: Metadata | None = None,
    ) -> models.Conversation:
        """Begin a conversation with one user, or one of type `sdkGroup` with up to ten (createConversation).

        Name the one user by either id; or `participants` in detail, who in a group must say `subscribeSDKClient`.
        """
        body = bodies.conversation_create(
            type_,
            user_id,
            user_external_id,
            participants,
            displayName=display_name,
            description=description,
            iconUrl=icon_url,
            metadata=metadata,
        )
        answer = conversations.create_conversation.sync_detailed(self._app_id(), client=self._raw, body=body)
        return answer.parsed.conversation

    def get(self, conversation_id: str) -> models.Conversation:
        """Get a conversation (getConversation).

        Raises:
            NotFound: there is no such conversation.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        answer = conversations.get_conversation.sync_detailed(
            self._app_id(), conversation_id, client=self._raw
        )
        return answer.parsed.conversation

    def list(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.Conversation]:
        """The conversations of a user, by either id (listConversations).

        From the conversation `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.conversations, before=before, after=after, limit=limit)
        filter_ = bodies.conversation_filter(user_id, user_external_id)
        call = partial(
            conversations.list_conversations.sync_detailed, self._app_id(), client=self._raw, filter_=filter_
        )
        return Paged(lambda page: call(page=page), walk)

    def update(self, conversation_id: str, data: models.ConversationUpdate | Wire) -> models.Conversation:
        """Change what `data` names, and nothing else (updateConversation).

        `metadata` is merged into what is there; null takes all of it away.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.ConversationUpdate, data, "data")
        answer = conversations.update_conversation.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.conversation

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation with its messages and attachments (deleteConversation).

        Raises:
            BadRequest: it is the user's default conversation; `messages.delete_all` empties that.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        conversations.delete_conversation.sync_detailed(self._app_id(), conversation_id, client=self._raw)

    def download_message_ref(
        self, conversation_id: str, user_id: str, *, apple: models.AppleMessageRef | Wire
    ) -> dict[str, Any]:
        """Fetch what Apple Messages for Business only referred to, in Apple's own form (downloadMessageRef)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.MessageRefDownload, {"userId": user_id, "apple": apple}, "reference")
        answer = conversations.download_message_ref.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.to_dict()

    def post_conversion_events(
        self,
        conversation_id: str,
        channel: ConversionChannel,
        events: Iterable[Wire] | Wire,
    ) -> models.ConversionEvents:
        """Tell Meta what the user did, for its ads (postConversionEvents).

        `events` is a list of events in Meta's own form, or a mapping with Meta's whole object: the list as `data`, and
        `test_event_code` or `partner_agent` beside it.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.conversion_events(channel, events)
        answer = conversations.post_conversion_events.sync_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.conversion_events
