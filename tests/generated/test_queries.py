"""Paging and filters of API v2, as they go over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from smooch_api import Client
from smooch_api.v2 import models
from smooch_api.v2.api import apps, clients, conversations, integrations, messages, users
from support.scripted_server import ScriptedServer, answer

if TYPE_CHECKING:
    from types import ModuleType

CURSOR = "5e1606762556d93e9c176f69"

QUERIES: dict[str, tuple[ModuleType, tuple[str, ...], dict[str, Any], list[str]]] = {
    "messages": (
        messages.list_messages,
        ("a1", "c1"),
        {"page": models.Page(before=CURSOR)},
        [f"page%5Bbefore%5D={CURSOR}"],
    ),
    "clients": (
        clients.list_clients,
        ("a1", "u1"),
        {"page": models.Page(after=CURSOR, size=25)},
        [f"page%5Bafter%5D={CURSOR}", "page%5Bsize%5D=25"],
    ),
    "conversations": (
        conversations.list_conversations,
        ("a1",),
        {
            "page": models.Page(after=CURSOR, size=100),
            "filter_": models.ConversationListFilter(user_external_id="Ana & Bo+1"),
        },
        [f"page%5Bafter%5D={CURSOR}", "page%5Bsize%5D=100", "filter%5BuserExternalId%5D=Ana+%26+Bo%2B1"],
    ),
    "users": (
        users.list_users,
        ("a1",),
        {"filter_": models.UserListFilter(identities_email="ana+1@example.com")},
        ["filter%5Bidentities.email%5D=ana%2B1%40example.com"],
    ),
    "integrations": (
        integrations.list_integrations,
        ("a1",),
        {"filter_": models.IntegrationListFilter(types="custom,web")},
        ["filter%5Btypes%5D=custom%2Cweb"],
    ),
    "apps": (
        apps.list_apps,
        (),
        {"filter_": models.AppListFilter(service_account_id="5c1")},
        ["filter%5BserviceAccountId%5D=5c1"],
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("name", QUERIES)
async def test_an_object_is_one_parameter_for_each_of_its_fields(name: str) -> None:
    operation, path, arguments, expected = QUERIES[name]
    with ScriptedServer(lambda _: answer(200, {name: []})) as server:
        with Client(server.url) as client:
            operation.sync(*path, client=client, **arguments)
        async with Client(server.url) as client:
            await operation.asyncio(*path, client=client, **arguments)
    queries = [urlsplit(request.target).query.split("&") for request in server.requests]
    assert queries == [expected, expected]
