"""MIGRATING.md: its tables are complete, the names in them exist, and its code runs."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.scripted_server import wait_until
from webhooks.servers import serve_asgi

from smooch import Smooch, errors, v2, webhooks
from smooch.sandbox import Sandbox
from smooch.webhooks import asgi_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
SPECS = {
    version: yaml.load((ROOT / "spec" / f"{version}.yaml").read_bytes(), yaml.CSafeLoader) for version in ("v1", "v2")
}
GUIDE = (ROOT / "MIGRATING.md").read_text(encoding="utf-8")


def rows_below(header: str) -> list[list[str]]:
    """Return the rows of each table whose header begins with these cells."""
    tables = re.findall(rf"^\| {re.escape(header)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", GUIDE, re.MULTILINE)
    assert tables, header
    return [[cell.strip() for cell in re.split(r"\|", row)[1:-1]] for table in tables for row in table.splitlines()]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# Calls

CLASSIC = Smooch("app_5a", "never sent", base_url="http://127.0.0.1:1")
API = v2.Smooch(token="never-sent", app_id="5d", base_url="http://127.0.0.1:1")
PLACEHOLDERS = {"user", "match_criteria", "message", "file", "text"}


def calls(cell: str) -> list[ast.Call]:
    """Return the calls of a cell; `{…}` and `…` stand for any value."""
    sources = [
        code.removeprefix("with api.").rstrip(":") for code in codes(cell) if re.match(r"(with )?[\w.]+\(", code)
    ]
    expressions = [ast.parse(re.sub(r"\{…\}|\[…\]|\[\{…\}\]|…", "...", source), mode="eval").body for source in sources]
    return [each for each in expressions if isinstance(each, ast.Call)]


def function(call: ast.Call, client: Any) -> Callable[..., Any]:
    """Return the method of a resource or of the client, or the function of the module, that a call names."""
    named: Callable[..., Any]
    match call.func:
        case ast.Attribute(value=ast.Name(id=resource), attr=name):
            named = getattr(getattr(client, resource), name)
        case ast.Name(id=name):
            named = getattr(client, name, None) or getattr(v2, name)
        case _:
            raise AssertionError(ast.unparse(call))
    return named


def check_call(call: ast.Call, client: Any) -> None:
    """Check that the arguments of a call fit the parameters."""
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    bound = inspect.signature(function(call, client)).bind(*call.args, **named).arguments
    for parameter, value in bound.items():
        assert not isinstance(value, ast.Name) or value.id in {parameter, *PLACEHOLDERS}, ast.unparse(call)


# From the vendor's SDK

SDK_ROWS = [
    (*re.fullmatch(r"`(\w+)\.(\w+)`", first).groups(), second)  # type: ignore[union-attr]
    for first, second in rows_below("`sunshine_conversations_client`")
]
TAGS_OF_GROUP = {"CustomIntegrationApiKeysApi": "integration_keys", "OAuthEndpointsApi": "oauth"}
"""Where the SDK's name of a group is not ours."""


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


OPERATIONS = {
    snake_case(operation["operationId"]): operation["tags"][0]
    for path in SPECS["v2"]["paths"].values()
    for method, operation in path.items()
    if method in ("get", "post", "patch", "delete")
}


def test_every_operation_of_the_sdk_has_one_row_and_there_is_no_other() -> None:
    assert sorted(name for _, name, _ in SDK_ROWS) == sorted(OPERATIONS)


each_row = pytest.mark.parametrize(("group", "name", "cell"), SDK_ROWS, ids=[name for _, name, _ in SDK_ROWS])


@each_row
def test_each_row_names_the_group_of_its_operation(group: str, name: str, cell: str) -> None:
    assert OPERATIONS[name] == TAGS_OF_GROUP.get(group, snake_case(group.removesuffix("Api")))


@each_row
def test_each_replacement_can_be_called_as_shown(group: str, name: str, cell: str) -> None:
    assert calls(cell)
    for call in calls(cell):
        check_call(call, API)


@each_row
def test_each_replacement_calls_this_operation(group: str, name: str, cell: str) -> None:
    operation = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
    assert re.search(rf"\b{operation}\b", inspect.getdoc(function(calls(cell)[0], API)) or "")


# From v1 to v2

METHODS = rows_below("`classic`")


def test_every_classic_method_has_a_row() -> None:
    methods = {name for name in dir(CLASSIC) if not name.startswith("_") and inspect.isroutine(getattr(CLASSIC, name))}
    listed = {re.match(r"\w+", codes(first)[0])[0] for first, *_ in METHODS}  # type: ignore[index]
    assert listed == methods


@pytest.mark.parametrize("row", METHODS, ids=[row[0] for row in METHODS])
def test_each_classic_call_and_its_replacement_can_be_called_as_shown(row: list[str]) -> None:
    for call in calls(row[0]):
        check_call(call, CLASSIC)
    for cell in row[1:]:
        for call in calls(cell):
            check_call(call, API)
    assert calls(row[1]) or row[1] == "`raw`"


PATHS = rows_below("v1, v1.1")


def test_every_classic_path_has_a_counterpart_or_is_listed_without_one() -> None:
    wrapped = {"/init", "/appusers", "/appusers/{userId}", "/appusers/{userId}/channels/{channel}", "/webhooks"}
    wrapped |= {"/webhooks/{webhookId}", "/appusers/{userId}/messages", "/appusers/{userId}/images"}
    wrapped |= {"/appusers/{userId}/conversation/activity", "/appusers/{userId}/conversation/read"}
    listed = {codes(first)[0] for first, _ in PATHS}
    assert listed <= set(SPECS["v1"]["paths"])
    families = tuple(f"{path}/" for path in listed)
    assert [
        path for path in SPECS["v1"]["paths"] if path not in listed | wrapped and not path.startswith(families)
    ] == []
    for _, second in PATHS:
        assert calls(second) or second.startswith("none")
        for call in calls(second):
            check_call(call, API)


def properties(version: str, schema: Any) -> dict[str, Any]:
    """Return all properties of a schema, of its parts and of its alternatives."""
    schemas = SPECS[version]["components"]["schemas"]
    schema = schemas[schema] if isinstance(schema, str) else schema
    if "$ref" in schema:
        return properties(version, schema["$ref"].rpartition("/")[2])
    merged = dict(schema.get("properties", {}))
    for part in [*schema.get("allOf", []), *schema.get("oneOf", []), *schema.get("anyOf", [])]:
        merged = properties(version, part) | merged
    return merged


FIELDS = {
    "AppUser": ["AppUser"],
    "Message": ["Message", "MessagePost"],
    "Client": ["Client"],
    "Webhook": ["Webhook"],
    "Conversation": ["Conversation"],
}


@pytest.mark.parametrize("model", FIELDS)
def test_every_classic_field_has_a_row_and_its_counterpart_exists(model: str) -> None:
    rows = rows_below(f"v1 `{model}`")
    names = {name for schema in FIELDS[model] for name in properties("v1", schema)}
    assert {codes(first)[0] for first, *_ in rows} == names
    for _, second, _ in rows:
        if second == "none":
            continue
        (path,) = codes(second)
        schema: Any = {"AppUser": "User"}.get(model, model)
        for name in path.split("."):
            fields = properties("v2", schema)
            if model == "Message" and schema == "Message":
                fields = properties("v2", "MessagePost") | fields
            assert name in fields, path
            schema = fields[name]


TRIGGERS = rows_below("v1 trigger")


def triggers(version: str, schema: str) -> set[str]:
    names: list[str] = SPECS[version]["components"]["schemas"][schema]["properties"]["triggers"]["items"][
        "x-extensible-enum"
    ]
    return set(names)


def test_every_classic_trigger_and_event_has_a_row() -> None:
    listed = [codes(first) for first, *_ in TRIGGERS]
    assert sorted(names[0] for names in listed if names) == sorted(triggers("v1", "WebhookCreate"))
    events = {name for _, second, *_ in TRIGGERS for name in codes(second)}
    assert events == {
        name for name in webhooks.__all__ if getattr(webhooks, name).__module__.startswith("smooch_api.v1.")
    }


def test_the_replacing_events_of_v2_exist() -> None:
    for _, _, trigger, event, _ in TRIGGERS:
        for name in codes(trigger):
            assert name in triggers("v2", "WebhookCreate")
        for name in codes(event):
            assert getattr(webhooks, name).__module__.startswith("smooch_api.v2.")
        assert bool(codes(trigger)) <= bool(codes(event))


def test_the_exceptions_of_the_first_part_exist() -> None:
    for _, second, _ in rows_below("the old wrapper raised"):
        for name in codes(second):
            if name.startswith("errors."):
                assert issubclass(getattr(errors, name.removeprefix("errors.")), errors.SmoochError)


# The cutover


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def closing(app: Any, client: Any) -> Any:
    """Wrap an app so that its shutdown closes the client in the same event loop."""

    async def run(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        if scope["type"] == "lifespan":
            await client.aclose()

    return run


def test_no_message_is_answered_twice_while_both_versions_deliver(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KEY_ID": sandbox.key_id,
        "SECRET": sandbox.secret,
        "APP_ID": sandbox.app_id,
        "BASE_URL": sandbox.url,
    }.items():
        monkeypatch.setenv(f"SMOOCH_{name}", value)
    monkeypatch.chdir(tmp_path)
    (source,) = re.findall(r"^```python\n(# cutover\.py\n.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    cutover: dict[str, Any] = {}
    exec(source, cutover)
    handled: list[str] = []

    def counted(name: str) -> Callable[[Any], Any]:
        async def handle(event: Any) -> None:
            await cutover[name](event)
            handled.append(name)

        return handle

    with contextlib.closing(cutover["answered"]), Smooch.from_env() as classic, v2.Smooch.from_env() as api:
        hook = classic.make_webhook("https://example.com/v1", "message:appUser").parsed.webhook
        newer = api.webhooks.create(
            "https://example.com/v2", "conversation:message", integration_id=sandbox.integration_id
        )
        app_classic = asgi_app(counted("handle_classic"), secret=hook.secret, await_handler=True)
        app = asgi_app(counted("handle"), secret=newer.secret, await_handler=True)
        with (
            serve_asgi(closing(app_classic, cutover["classic"])) as url_classic,
            serve_asgi(closing(app, cutover["api"])) as url,
        ):
            classic.update_webhook(hook.id, url_classic, "message:appUser")
            api.webhooks.update(newer.id, target=url, integration_id=sandbox.integration_id)
            for text in ("one", "two", "three"):
                sandbox.say("ana", text)
            wait_until(lambda: handled.count("handle_classic") == 3 and handled.count("handle") >= 3)
            sandbox.wait_for_deliveries()
        texts = [message.text for message in classic.iter_messages("ana")]
    assert sorted(texts) == sorted(["one", "two", "three"] + [f"You said: {text}" for text in ("one", "two", "three")])


def test_both_versions_show_the_same_users_and_messages(sandbox: Sandbox) -> None:
    key = (sandbox.key_id, sandbox.secret)
    with (
        Smooch(*key, base_url=sandbox.url) as classic,
        v2.Smooch(*key, sandbox.app_id, base_url=sandbox.url) as api,
    ):
        classic.init_user("b6518", "device-1")
        classic.update_user("b6518", {"givenName": "Ana", "properties": {"number": "213123"}})
        app_user = classic.get_user("b6518").json()["appUser"]
        user = api.users.get("b6518")
        assert (user.id, user.external_id) == (app_user["_id"], app_user["userId"])
        assert user.metadata == app_user["properties"]
        assert user.profile.to_dict()["givenName"] == app_user["givenName"]
        assert list(api.conversations.list(user_id=user.id)) == []
        with pytest.raises(errors.NotFound):
            classic.get_messages("b6518")

        by_user = classic.post_message("b6518", "Hi").parsed.message
        default = api.conversations.get_or_create_default(user)
        by_business = api.messages.post_text(default.id, "Hello")
        message_ids = [message.id for message in api.messages.list(default.id)]
        assert message_ids == [message.id for message in classic.iter_messages("b6518")] == [by_business.id, by_user.id]
        assert by_business.author.type_ == "business"
        assert [message["role"] for message in classic.get_messages("b6518").json()["messages"]] == [
            "appUser",
            "appMaker",
        ]
        second = api.conversations.create(user_id=user.id)
        api.messages.post_text(second.id, "Elsewhere")
        assert [message.text for message in classic.iter_messages("b6518")] == ["Hello", "Hi"]

        classic.make_webhook("https://example.com/v1", "message")
        api.webhooks.create("https://example.com/v2", "conversation:message", integration_id=sandbox.integration_id)
        assert [hook.target for hook in classic.get_webhooks().parsed.webhooks] == ["https://example.com/v1"]
        (webhook,) = api.webhooks.list(integration_id=sandbox.integration_id)
        assert webhook.target == "https://example.com/v2"
