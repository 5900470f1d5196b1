# Derived from smooch/_async/v2/users.py by scripts/unasync.py; edit that file.
"""Users: profile, identities and metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smooch_api import UNSET, Unset
from smooch_api.v2 import models
from smooch_api.v2.api import users

from ... import _checks, errors
from ..._json import drop_none
from ..._v2 import bodies, paging
from ..._v2.resource import Resource

if TYPE_CHECKING:
    from datetime import datetime

    from smooch_api.v2 import dicts

    from ..._v2.bodies import Metadata


class Users(Resource):
    """Users: profile, identities and metadata."""

    def create(
        self,
        external_id: str | None = None,
        *,
        profile: models.Profile | dicts.Profile | dicts.PlainDict | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Create a user (createUser).

        `external_id` is your own id of the user. `signed_up_at` is a datetime with a timezone, or ISO 8601.

        Raises:
            Conflict: the id is taken; `get_or_create` returns the user who has it.
        """
        body = self._bodies.build_user(external_id, profile, metadata, signed_up_at, to_be_retained, brand_id)
        response = users.create_user.sync(self._app_id(), client=self._raw, body=body)
        return response.user

    def get(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Get a user (getUser).

        Raises:
            NotFound: there is no such user.
        """
        response = users.get_user.sync(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return response.user

    def get_or_create(
        self,
        external_id: str,
        *,
        profile: models.Profile | dicts.Profile | dicts.PlainDict | None = None,
        metadata: Metadata | None = None,
        signed_up_at: str | datetime | None = None,
        to_be_retained: bool | None = None,
        brand_id: str | None = None,
    ) -> models.User:
        """Create a user, or get the one who has this external id, unchanged (createUser, getUser).

        Raises:
            Conflict: another user has `external_id` as its id in the API.
        """
        external_id = _checks.check_id(external_id, "external_id")
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
        """Find users by an email address among their identities (listUsers).

        `profile.email` is not an identity.
        """
        filter_ = bodies.build_user_filter(email)
        response = users.list_users.sync(
            self._app_id(), client=self._raw, filter_=filter_, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return paging.drop_unreadable(response.users)

    def update(
        self,
        user_id: str,
        data: models.UserUpdate | dicts.UserUpdate | dicts.PlainDict | None = None,
        *,
        profile: models.Profile | dicts.Profile | dicts.PlainDict | Unset = UNSET,
        metadata: Metadata | Unset | None = UNSET,
        signed_up_at: str | datetime | Unset = UNSET,
        to_be_retained: bool | Unset = UNSET,
        brand_id: str | None = None,
    ) -> models.User:
        """Change a user (updateUser).

        Pass the fields to change, or `data`: a model or a mapping in wire form. Fields that are not passed keep their
        value. How `metadata` is combined with what is stored is not documented: pass the whole map.
        """
        body = self._bodies.build_user_update(data, profile, metadata, signed_up_at, to_be_retained)
        response = users.update_user.sync(
            self._app_id(), user_id, client=self._raw, body=body, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return response.user

    def delete(self, user_id: str, *, brand_id: str | None = None) -> None:
        """Delete a user with clients and conversations (deleteUser).

        The API goes on deleting after its response.
        """
        users.delete_user.sync(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )

    def delete_personal_information(self, user_id: str, *, brand_id: str | None = None) -> models.User:
        """Delete a user's personal information only (deleteUserPersonalInformation).

        Profile and metadata are deleted, the conversations are kept.
        """
        response = users.delete_user_personal_information.sync(
            self._app_id(), user_id, client=self._raw, brand_id=bodies.none_as_unset(brand_id, "brand_id")
        )
        return response.user

    def sync(self, zendesk_id: str, *, surviving_zendesk_id: str | None = None) -> models.User:
        """Update a user from the Zendesk user with this id (syncUser).

        Other users may change too: a user with the same id or address is merged into this one. After a merge in
        Zendesk, pass the id of the user who was kept as `surviving_zendesk_id`, and the other as `zendesk_id`.
        """
        body = self._bodies.build_body(models.UserSync, drop_none(survivingZendeskId=surviving_zendesk_id), "user")
        response = users.sync_user.sync(self._app_id(), zendesk_id, client=self._raw, body=body)
        return response.user
