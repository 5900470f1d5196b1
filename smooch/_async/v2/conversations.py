"""Conversations with one user or a group."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from smooch_api.v2 import models
from smooch_api.v2.api import conversations

from ... import _bodies
from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import AsyncPaged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..._v2.bodies import ConversionChannel, Metadata, Wire


class AsyncConversations(Resource):
    """Conversations with one user or a group."""

    async def create(
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
        answer = await conversations.create_conversation.asyncio_detailed(self._app_id(), client=self._raw, body=body)
        return answer.parsed.conversation

    async def get(self, conversation_id: str) -> models.Conversation:
        """Get a conversation (getConversation).

        Raises:
            NotFound: there is no such conversation.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        answer = await conversations.get_conversation.asyncio_detailed(
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
    ) -> AsyncPaged[models.Conversation]:
        """The conversations of a user, by either id (listConversations).

        From the conversation `after` on, or backwards from `before`; `limit` at most, or all; a hundred come at a time.
        """
        walk = paging.Walk(lambda page: page.conversations, before=before, after=after, limit=limit)
        filter_ = bodies.conversation_filter(user_id, user_external_id)
        call = partial(
            conversations.list_conversations.asyncio_detailed, self._app_id(), client=self._raw, filter_=filter_
        )
        return AsyncPaged(lambda page: call(page=page), walk)

    async def update(self, conversation_id: str, data: models.ConversationUpdate | Wire) -> models.Conversation:
        """Change what `data` names, and nothing else (updateConversation).

        `metadata` is merged into what is there; null takes all of it away.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.ConversationUpdate, data, "data")
        answer = await conversations.update_conversation.asyncio_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.conversation

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation with its messages and attachments (deleteConversation).

        Raises:
            BadRequest: it is the user's default conversation; `messages.delete_all` empties that.
        """
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        await conversations.delete_conversation.asyncio_detailed(self._app_id(), conversation_id, client=self._raw)

    async def download_message_ref(
        self, conversation_id: str, user_id: str, *, apple: models.AppleMessageRef | Wire
    ) -> dict[str, Any]:
        """Fetch what Apple Messages for Business only referred to, in Apple's own form (downloadMessageRef)."""
        conversation_id = _bodies.check_id(conversation_id, "conversation_id")
        body = bodies.body(models.MessageRefDownload, {"userId": user_id, "apple": apple}, "reference")
        answer = await conversations.download_message_ref.asyncio_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.to_dict()

    async def post_conversion_events(
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
        answer = await conversations.post_conversion_events.asyncio_detailed(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return answer.parsed.conversion_events
