# Derived from smooch/_async/v2/users.py by scripts/unasync.py; edit that file.
"""The people who write: profile, identities and metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api.v2 import models
from smooch_api.v2.api import users

from ... import _bodies, errors
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from datetime import datetime

    from ..._v2.bodies import Metadata, Wire


class Users(Resource):
    """The people who write: profile, identities and metadata."""

    def create(
        self,
        external_id: str | None = None,
        *,
        profile: models.Profile | Wire | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Make a user (createUser).

        `external_id` is the business's own id of the user; `signed_up_at` is ISO 8601 or a datetime, with its timezone.

        Raises:
            Conflict: the id is taken; `get_or_create` does not mind.
        """
        body = bodies.user_create(external_id, profile, metadata, signed_up_at, to_be_retained, brand_id)
        answer = users.create_user.sync_detailed(self._app_id(), client=self._raw, body=body)
        return answer.parsed.user

    def get(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Get a user (getUser).

        Raises:
            NotFound: there is no such user.
        """
        user_id = _bodies.check_id(user_id, "user_id")
        answer = users.get_user.sync_detailed(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    def get_or_create(
        self,
        external_id: str,
        *,
        profile: models.Profile | Wire | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Make a user, or get the one who has this id already and leave it as it is (createUser, getUser).

        Raises:
            Conflict: `external_id` is the API's own id of another user.
        """
        external_id = _bodies.check_id(external_id, "external_id")
        try:
            return self.create(
                external_id,
                profile=profile,
                metadata=metadata,
                signed_up_at=signed_up_at,
                to_be_retained=to_be_retained,
                brand_id=brand_id,
            )
        except errors.Conflict:
            user = self.get(external_id, brand_id=brand_id)
            if user.external_id != external_id:  # an id of the API's own comes first there
                raise
            return user

    def find_by_email(self, email: str, *, brand_id: str | None = None) -> list[models.User]:
        """Find the users who have an address among their identities, which `profile.email` is not (listUsers)."""
        filter_ = bodies.user_filter(email)
        answer = users.list_users.sync_detailed(
            self._app_id(), client=self._raw, filter_=filter_, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return paging.records(answer.parsed.users)

    def update(self, user_id: str, data: models.UserUpdate | Wire, *, brand_id: str | None = None) -> models.User:
        """Change what `data` names, and nothing else (updateUser).

        `metadata` is merged into what is there; null takes all of it away.
        """
        user_id = _bodies.check_id(user_id, "user_id")
        body = bodies.body(models.UserUpdate, data, "data")
        answer = users.update_user.sync_detailed(
            self._app_id(), user_id, client=self._raw, body=body, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    def delete(self, user_id: str, *, brand_id: str | None = None) -> None:
        """Delete a user with clients and conversations (deleteUser). It goes on after the answer."""
        user_id = _bodies.check_id(user_id, "user_id")
        users.delete_user.sync_detailed(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.optional(brand_id, "brand_id")
        )

    def delete_personal_information(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Erase what is known of a user, but keep the conversations (deleteUserPersonalInformation)."""
        user_id = _bodies.check_id(user_id, "user_id")
        answer = users.delete_user_personal_information.sync_detailed(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.optional(brand_id, "brand_id")
        )
        return answer.parsed.user

    def sync(self, zendesk_id: str, *, surviving_zendesk_id: str | None = None) -> models.User:
        """Bring a user in line with the Zendesk user behind it (syncUser).

        Other users may change too: one who has the same id or address is merged into this one. After a merge in
        Zendesk, `surviving_zendesk_id` is the user who was kept and `zendesk_id` the other.
        """
        zendesk_id = _bodies.check_id(zendesk_id, "zendesk_id")
        body = bodies.body(models.UserSync, bodies.given(survivingZendeskId=surviving_zendesk_id), "user")
        answer = users.sync_user.sync_detailed(self._app_id(), zendesk_id, client=self._raw, body=body)
        return answer.parsed.user
