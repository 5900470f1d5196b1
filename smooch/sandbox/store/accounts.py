"""The account of a sandbox, and its service accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _ids
from .._entities import Account
from . import keys

if TYPE_CHECKING:
    from .state import Store


def create_service_account(store: Store, name: str) -> Account:
    """Create a service account."""
    account = Account(id=_ids.object_id(), name=name, is_service=True)
    store.accounts[account.id] = account
    return account


def delete(store: Store, account: Account) -> None:
    """Delete an account and its keys. Its apps stay."""
    del store.accounts[account.id]
    keys.delete_of_owner(store, account.id)


def list_service_accounts(store: Store) -> list[Account]:
    """List the service accounts."""
    return [account for account in store.accounts.values() if account.is_service]
