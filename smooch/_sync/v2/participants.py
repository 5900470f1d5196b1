# Derived from smooch/_async/v2/participants.py by scripts/unasync.py; edit that file.
"""Participants: the users in a conversation."""

from __future__ import annotations

from functools import partial

from smooch_api.v2 import models
from smooch_api.v2.api import participants

from ..._v2 import bodies, paging
from ..._v2.resource import Resource
from ..paging import Paged


class Participants(Resource):
    """Participants: the users in a conversation."""

    def join(
        self,
        conversation_id: str,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        subscribe_sdk_client: bool,
    ) -> models.Participant:
        """Add a user, by either id, to a group conversation (joinConversation).

        With `subscribe_sdk_client`, the user is notified of messages before opening the conversation.
        """
        user = bodies.exactly_one_id(user_id=user_id, user_external_id=user_external_id)
        body = self._bodies.build_body(
            models.ParticipantJoin, {**user, "subscribeSDKClient": subscribe_sdk_client}, "participant"
        )
        response = participants.join_conversation.sync(
            self._app_id(), conversation_id, client=self._raw, body=body
        )
        return response.participant

    def list(
        self,
        conversation_id: str,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Paged[models.Participant]:
        """List the participants of a conversation (listParticipants).

        Starts after the participant with the id `after`, or goes backwards from the one with the id `before`. Returns
        at most `limit`, or all; fetches 100 at a time.
        """
        pager = paging.Pager(lambda page: page.participants, before=before, after=after, limit=limit)
        call = partial(
            participants.list_participants.sync_detailed, self._app_id(), conversation_id, client=self._raw
        )
        return Paged(call, pager)

    def leave(
        self,
        conversation_id: str,
        *,
        user_id: str | None = None,
        user_external_id: str | None = None,
        participant_id: str | None = None,
    ) -> None:
        """Remove a user, by one of the three ids, from a group conversation (leaveConversation)."""
        participant = bodies.exactly_one_id(
            user_id=user_id, user_external_id=user_external_id, participant_id=participant_id
        )
        body = self._bodies.build_body(models.ParticipantLeave, participant, "participant")
        participants.leave_conversation.sync(self._app_id(), conversation_id, client=self._raw, body=body)
