# Derived from smooch/_async/v2/conversations.py by scripts/unasync.py; edit that file.
"""Conversations with one user or with a group."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import conversations

from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smooch_api.v2 import dicts

    from ..._v2.bodies import ConversionChannel, Metadata, Wire


class Conversations(Resource):
    """Conversations with one user or with a group."""

    def create(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        type_: Literal["personal", "sdkGroup"] = "personal",
        participants: Iterable[models.ParticipantCreate | dicts.ParticipantCreate | dicts.PlainDict] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        icon_url: str | None = None,
        metadata: Metadata | None = None,
    ) -> models.Conversation:
        """Create a conversation with one user, or with a group (createConversation).

        Pass the id of one user, or `participants`. A group has type `sdkGroup` and up to ten participants, and each
        needs `subscribeSDKClient`.
        """
        body = self._bodies.build_conversation(
            type_,
            user_id,
            user_external_id,
            participants,
            displayName=display_name,
            description=description,
            iconUrl=icon_url,
            metadata=metadata,
        )
        response = conversations.create_conversation.sync(self._app_id(), client=self._raw, body=body)
        return response.conversation

    def get_or_create_default(
        self, user: models.User | str | None = None, *, user_external_id: str | None = None
    ) -> models.Conversation:
        """Get or create the default conversation of a user (listConversations, createConversation).

        It is the first personal conversation of the user, and the one that API v1 knows. Pass a user as the API
        returned it, the API's own id of the user, or `user_external_id`, your own.

        Processes may call it at the same time: all get the same conversation.
        """
        user_id = user.id if isinstance(user, models.User) else user
        if (default := self._find_default(user_id, user_external_id)) is not None:
            return default
        created = self.create(user_id=user_id, user_external_id=user_external_id)
        if created.is_default or (default := self._find_default(user_id, user_external_id)) is None:
            return created
        self.delete(created.id)  # another process created the default in the meantime
        return default

    def _find_default(self, user_id: str | None, user_external_id: str | None) -> models.Conversation | None:
        for conversation in self.list(user_id=user_id, user_external_id=user_external_id):
            if conversation.is_default:
                return conversation
        return None

    def get(self, conversation_id: str) -> models.Conversation:
        """Get a conversation (getConversation).

        Raises:
            NotFound: there is no such conversation.
        """
        response = conversations.get_conversation.sync(self._app_id(), conversation_id, client=self._raw)
        return response.conversation

    def list(
        self,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.Conversation]:
        """List the conversations of a user, by either id (listConversations).

        Starts after the conversation with the id `after`, or goes backwards from the one with the id `before`. Returns
        at most `limit`, or all; fetches 100 at a time.
        """
        pager = paging.Pager(lambda page: page.conversations, before=before, after=after, limit=limit)
        filter_ = bodies.build_conversation_filter(user_id, user_external_id)
        call = partial(
            conversations.list_conversations.sync_detailed, self._app_id(), client=self._raw, filter_=filter_
        )
        return Paged(call, pager)

    def update(
        self,
        conversation_id: str,
        data: models.ConversationUpdate | dicts.ConversationUpdate | dicts.PlainDict | None = None,
        *,
        display_name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        icon_url: str | Unset | None = UNSET,
        metadata: Metadata | Unset | None = UNSET,
    ) -> models.Conversation:
        """Change a conversation (updateConversation).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value; None removes it. How `metadata` is combined with what is stored is not documented: pass the whole
        map.
        """
        body = self._bodies.build_update(
            models.ConversationUpdate,
            data,
            "conversation",
            displayName=display_name,
            description=description,
            iconUrl=icon_url,
            metadata=metadata,
        )
        response = conversations.update_conversation.sync(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return response.conversation

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation with its messages and attachments (deleteConversation).

        Raises:
            BadRequest: it is the user's default conversation; `messages.delete_all` empties it.
        """
        conversations.delete_conversation.sync(self._app_id(), conversation_id, client=self._raw)

    def download_message_ref(
        self,
        conversation_id: str,
        user_id: str,
        *,
        apple: models.AppleMessageRef | dicts.AppleMessageRef | dicts.PlainDict,
    ) -> dict[str, Any]:
        """Download what a message of Apple Messages for Business refers to (downloadMessageRef).

        Returns Apple's own format.
        """
        body = self._bodies.build_body(models.MessageRefDownload, {"userId": user_id, "apple": apple}, "reference")
        response = conversations.download_message_ref.sync(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return response.to_dict()

    def post_conversion_events(
        self,
        conversation_id: str,
        channel: ConversionChannel,
        events: Iterable[Wire] | Wire,
    ) -> models.ConversionEvents:
        """Report conversions to Meta, for its ads (postConversionEvents).

        `events` is a list of events in Meta's own format, or Meta's whole object: a mapping with the list as `data`,
        and `test_event_code` or `partner_agent`.
        """
        body = self._bodies.build_conversion_events(channel, events)
        response = conversations.post_conversion_events.sync(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return response.conversion_events
