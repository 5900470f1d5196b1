"""Every method of the v2 facade against the sandbox: what one call does, the next one sees."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from smooch_api.v2 import models

from smooch import _webhook_plan
from smooch.errors import BadRequest, Forbidden, NotFound, Unauthorized
from smooch.v2 import AsyncPaged, AsyncSmooch, authorize_url

from .test_v2_methods import NOT_A_CALL, methods_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from smooch.sandbox import Sandbox

pytestmark = pytest.mark.anyio

SPEC = yaml.load((Path(__file__).resolve().parents[2] / "spec" / "v2.yaml").read_bytes(), yaml.CSafeLoader)
HERE = "https://here.example/hook"
PNG = ("cat.png", b"\x89PNG\r\n\x1a\n")
LINK = {"type": "link", "text": "More", "uri": "https://example.com/more"}
ITEM = {"title": "Mug", "actions": [LINK]}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_webhook_plan, "SETTLING_SECONDS", 0.01)


class Keys:
    """A facade for each kind of key."""

    def __init__(self, sandbox: Sandbox) -> None:
        options: dict[str, Any] = {"app_id": sandbox.app_id, "base_url": sandbox.url, "retries": 0}
        self.app = AsyncSmooch(sandbox.key_id, sandbox.secret, **options)
        self.account = AsyncSmooch(sandbox.account_key_id, sandbox.account_secret, **options)
        self.integration = AsyncSmooch(sandbox.integration_key_id, sandbox.integration_secret, **options)


@pytest.fixture
async def keys(sandbox: Sandbox) -> AsyncIterator[Keys]:
    made = Keys(sandbox)
    yield made
    for api in (made.app, made.account, made.integration):
        await api.aclose()


async def every(records: AsyncPaged[Any]) -> list[Any]:
    return [record async for record in records]


async def users_and_clients(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("b6518", profile={"givenName": "Ana"}, metadata={"tier": "gold"})
    assert (await api.users.get("b6518")) == (await api.users.get(user.id)) == user
    assert await api.users.get_or_create("b6518") == user
    changed = await api.users.update(user.id, models.UserUpdate(profile=models.Profile(surname="Roy")))
    assert isinstance(changed.profile, models.Profile)
    assert (changed.profile.given_name, changed.profile.surname) == ("Ana", "Roy")

    assert await api.users.find_by_email("ana@example.org") == []
    sandbox.authenticate_user("b6518", email="ana@example.org", zendesk_id="35436")
    assert [one.id for one in await api.users.find_by_email("ana@example.org")] == [user.id]
    assert (await api.users.sync("35436")).id == user.id

    conversation = await api.conversations.create(user_id=user.id)
    channel = await api.integrations.create(models.TwilioIntegrationCreate.from_dict(TWILIO))
    assert isinstance(channel, models.TwilioIntegration)
    criteria = models.TwilioMatchCriteria(integration_id=str(channel.id), phone_number="+15145550101")
    client = await api.clients.create(user.id, criteria, conversation_id=conversation.id)
    assert client.type_ == "twilio"
    assert client.id in [one.id for one in await every(api.clients.list(user.id))]
    await api.clients.remove(user.id, client.id)
    assert client.id not in [one.id for one in await every(api.clients.list(user.id))]
    devices = await api.devices.list(user.id)
    for device in devices:
        assert await api.devices.get(user.id, device.id) == device
    with pytest.raises(NotFound):
        await api.devices.get(user.id, "0" * 24)

    erased = await api.users.delete_personal_information(user.id)
    assert (erased.id, erased.metadata or {}) == (user.id, {})
    await api.users.delete("b6518")
    with pytest.raises(NotFound):
        await api.users.get("b6518")


TWILIO = {"type": "twilio", "accountSid": "AC1", "authToken": "t", "phoneNumberSid": "PN1"}


async def conversations(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    ana, eva = await api.users.create("ana"), await api.users.create("eva")
    personal = await api.conversations.create(user_external_id="ana", display_name="Order 17")
    assert await api.conversations.get(personal.id) == personal
    changed = await api.conversations.update(personal.id, {"description": "Paid", "metadata": {"order": 17}})
    assert (changed.description, changed.metadata) == ("Paid", {"order": 17})
    second = await api.conversations.create(user_id=ana.id)
    group = await api.conversations.create(
        type_="sdkGroup", participants=[models.ParticipantCreate(user_id=ana.id, subscribe_sdk_client=True)]
    )
    of_ana = {personal.id, second.id, group.id}
    assert {one.id for one in await every(api.conversations.list(user_id=ana.id))} == of_ana
    assert {one.id for one in await every(api.conversations.list(user_external_id="ana"))} == of_ana

    joined = await api.participants.join(group.id, user_external_id="eva", subscribe_sdk_client=False)
    assert joined.user_id == eva.id
    assert {one.user_id for one in await every(api.participants.list(group.id))} == {ana.id, eva.id}
    await api.participants.leave(group.id, participant_id=joined.id)
    await api.participants.leave(group.id, user_id=ana.id)
    assert await every(api.participants.list(group.id)) == []
    with pytest.raises(BadRequest):
        await api.conversations.delete(personal.id)
    await api.conversations.delete(second.id)
    with pytest.raises(NotFound):
        await api.conversations.get(second.id)


async def channels(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("ana")
    conversation = await api.conversations.create(user_id=user.id)
    reference = models.AppleInteractiveDataRef(url="https://a.example", bid="b", key="k", signature="s", owner="o")
    apple = models.AppleMessageRef(interactive_data_ref=reference)
    found = await api.conversations.download_message_ref(conversation.id, user.id, apple=apple)
    assert found["interactiveData"]["bid"] == "b"
    events = [{"event_name": "Purchase", "event_time": number} for number in range(3)]
    received = await api.conversations.post_conversion_events(conversation.id, "instagram", events)
    assert received.events_received == 3


async def messages(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    user = await api.users.create("ana")
    conversation_id = (await api.conversations.create(user_id=user.id)).id
    posted = [
        await api.messages.post(conversation_id, "One", author=user),
        await api.messages.post_text(conversation_id, "Two", actions=[models.ReplyAction(text="Hi", payload="HI")]),
        await api.messages.post_image(conversation_id, "https://media.example/a.png"),
        await api.messages.post_file(conversation_id, "https://media.example/a.pdf", alt_text="FAQ"),
        await api.messages.post_carousel(conversation_id, [ITEM]),
        await api.messages.post_list(conversation_id, [ITEM], actions=[LINK]),
        await api.messages.post_form(conversation_id, [{"type": "email", "name": "mail", "label": "E-mail"}]),
        await api.messages.post_location(conversation_id, 45.5, -73.6, name="Zendesk"),
        await api.messages.post_template(conversation_id, {"name": "hello_world", "language": {"code": "en_US"}}),
        await api.messages.post_media(conversation_id, PNG),
    ]
    kinds = [type(message.content).__name__.removesuffix("Message").lower() for message in posted]
    assert kinds == ["text", "text", "image", "file", "carousel", "list", "form", "location", "template", "image"]
    assert [one.id for one in await every(api.messages.list(conversation_id))] == [one.id for one in posted[::-1]]
    await api.activities.send(conversation_id)
    await api.activities.mark_read(conversation_id, author=user)
    attachment = await api.attachments.upload(PNG, conversation_id=conversation_id)
    await api.attachments.delete(str(attachment.media_url))
    await api.messages.delete(conversation_id, posted[0].id)
    await api.messages.delete_all(conversation_id)
    assert [one async for one in api.messages.list(conversation_id) if not one.deleted] == []


async def switchboards(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    switchboard = await api.switchboards.create()
    bot = await api.switchboard_integrations.create(switchboard.id, "bot", integration_id=sandbox.integration_id)
    other = await api.integrations.create(CUSTOM)
    human = await api.switchboard_integrations.create(
        switchboard.id, "human", integration_id=str(other.id), deliver_standby_events=False, message_history_count=5
    )
    linked = await api.switchboard_integrations.update(
        switchboard.id, bot.id, {"nextSwitchboardIntegrationId": human.id}
    )
    assert linked.next_switchboard_integration_id == human.id
    enabled = await api.switchboards.update(
        switchboard.id, models.SwitchboardUpdate(enabled=True, default_switchboard_integration_id=bot.id)
    )
    assert await api.switchboards.list() == [enabled]
    listed = await api.switchboard_integrations.list(switchboard.id)
    assert {one.name for one in listed} == {"bot", "human"}

    user = await api.users.create("ana")
    conversation = await api.conversations.create(user_id=user.id)
    await api.messages.post_text(conversation.id, "Help!", author=user)
    assert await active(api, conversation.id) == "bot"
    await api.switchboard_actions.pass_control(conversation.id, "human", metadata={"reason": "asked"})
    assert await active(api, conversation.id) == "human"
    await api.switchboard_actions.offer_control(conversation.id, bot.id)
    await keys.integration.switchboard_actions.accept_control(conversation.id)
    assert await active(api, conversation.id) == "bot"
    await keys.integration.switchboard_actions.release_control(conversation.id)
    assert await active(api, conversation.id) is None
    with pytest.raises(Forbidden, match="in control"):
        await keys.integration.switchboard_actions.release_control(conversation.id)

    await api.switchboard_integrations.update(switchboard.id, bot.id, {"nextSwitchboardIntegrationId": None})
    await api.switchboard_integrations.delete(switchboard.id, human.id)
    await api.switchboards.delete(switchboard.id)
    assert await api.switchboards.list() == []


async def active(api: AsyncSmooch, conversation_id: str) -> Any:
    found = (await api.conversations.get(conversation_id)).active_switchboard_integration
    return found.name if isinstance(found, models.SwitchboardIntegrationTruncated) else None


CUSTOM = {"type": "custom", "displayName": "Bot", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}


async def integrations(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    made = await api.integrations.create(CUSTOM)
    assert isinstance(made, models.CustomIntegration)
    integration_id = str(made.id)
    assert await api.integrations.get(integration_id) == made
    renamed = await api.integrations.update(integration_id, models.CustomIntegrationUpdate(display_name="Robin"))
    assert isinstance(renamed, models.CustomIntegration)
    assert renamed.display_name == "Robin"
    assert {str(one.id) for one in await every(api.integrations.list("custom"))} == {
        integration_id,
        sandbox.integration_id,
    }
    assert await every(api.integrations.list(["web", "line"])) == []
    key = await api.integration_keys.create(integration_id, "Bot")
    assert await api.integration_keys.get(integration_id, key.id) == key
    assert await api.integration_keys.list(integration_id) == [key]
    async with AsyncSmooch(key.id, str(key.secret), sandbox.app_id, base_url=sandbox.url, auth="basic") as bot:
        assert [one.target for one in await bot.webhooks.list()] == [HERE]
        with pytest.raises(Forbidden):
            await bot.apps.get()
    await api.integration_keys.delete(integration_id, key.id)
    await api.integrations.delete(integration_id)
    with pytest.raises(NotFound):
        await api.integrations.get(integration_id)


async def webhooks(keys: Keys, sandbox: Sandbox) -> None:
    for api, integration in ((keys.app, sandbox.integration_id), (keys.integration, "me")):
        made = await api.webhooks.create(HERE, "conversation:message", integration=integration)
        assert await api.webhooks.get(made.id, integration=integration) == made
        changed = await api.webhooks.update(made.id, {"includeFullUser": True}, integration=integration)
        assert (changed.include_full_user, changed.triggers) == (True, ["conversation:message"])
        assert await api.webhooks.list(integration=integration) == [changed]
        same = await api.webhooks.ensure("conversation:message", HERE, integration=integration)
        assert same == changed
        await api.webhooks.delete(made.id, integration=integration)
        fresh = await api.webhooks.ensure(["conversation:message", "user:merge"], HERE, integration=integration)
        assert (fresh.target, fresh.triggers) == (HERE, ["conversation:message", "user:merge"])
        await api.webhooks.delete(fresh.id, integration=integration)
        assert await api.webhooks.list(integration=integration) == []


async def apps(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.account
    own = await keys.app.apps.get()
    assert (own.id, (await keys.app.apps.update({"displayName": "Shop"})).display_name) == (sandbox.app_id, "Shop")
    made = await api.apps.create("Bakery", settings={"multiConvoEnabled": True})
    assert {one.id for one in await every(api.apps.list())} == {sandbox.app_id, made.id}
    assert (await api.apps.get(made.id)).display_name == "Bakery"
    assert (await api.apps.update(models.AppUpdate(display_name="Cake"), app_id=made.id)).display_name == "Cake"
    key = await api.app_keys.create("Backend", app_id=made.id)
    assert await api.app_keys.get(key.id, app_id=made.id) == key
    assert await api.app_keys.list(app_id=made.id) == [key]
    async with AsyncSmooch(key.id, str(key.secret), made.id, base_url=sandbox.url) as fresh:
        assert (await fresh.apps.get()).id == made.id
    await api.app_keys.delete(key.id, app_id=made.id)
    await api.apps.delete(made.id)
    assert {one.id for one in await every(api.apps.list())} == {sandbox.app_id}
    with pytest.raises(Forbidden, match="account key"):
        await keys.app.apps.create("Shop")


async def tokens(keys: Keys, sandbox: Sandbox) -> None:
    url = authorize_url("partner", redirect_uri="https://partner.example/back", state="7", base_url=sandbox.url)
    async with httpx.AsyncClient() as browser:
        redirected = await browser.get(url)
    came_back = urlsplit(redirected.headers["Location"])
    query = parse_qs(came_back.query)
    assert (came_back.netloc, query["state"]) == ("partner.example", ["7"])
    partner_key = {"client_id": "partner", "client_secret": "s3cret of a partner", "base_url": sandbox.url}
    answer = await AsyncSmooch.exchange_code(query["code"][0], **partner_key)
    assert answer.access_token not in repr(answer)
    with pytest.raises(Unauthorized, match="a code is good for one exchange"):
        await AsyncSmooch.exchange_code(query["code"][0], **partner_key)
    token = answer.access_token
    async with AsyncSmooch(token=token, base_url=sandbox.url) as stranger:
        assert (await stranger.oauth.token_info()).id == sandbox.app_id
    async with AsyncSmooch(token=token, app_id=sandbox.app_id, base_url=sandbox.url) as partner:
        assert await partner.webhooks.list() == []
        await partner.oauth.revoke_access()
        with pytest.raises(Unauthorized, match="check that the access token is still good"):
            await partner.webhooks.list()


STORIES: dict[str, Callable[[Keys, Sandbox], Any]] = {
    "users and clients": users_and_clients,
    "conversations": conversations,
    "channels": channels,
    "messages": messages,
    "switchboards": switchboards,
    "integrations": integrations,
    "webhooks": webhooks,
    "apps": apps,
    "tokens": tokens,
}

PATHS = {
    (method.upper(), re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))): described["operationId"]
    for path, item in SPEC["paths"].items()
    for method, described in item.items()
    if method in ("get", "post", "patch", "delete")
}


def called(sandbox: Sandbox) -> set[str]:
    return {
        operation
        for request in sandbox.requests
        for (method, path), operation in PATHS.items()
        if request.method == method and path.fullmatch(request.path)
    }


@pytest.mark.parametrize("name", STORIES)
async def test_what_one_call_does_the_next_one_sees(keys: Keys, sandbox: Sandbox, name: str) -> None:
    await STORIES[name](keys, sandbox)


async def test_every_method_has_its_place_in_a_story(keys: Keys) -> None:
    told = set(re.findall(r"\.((?:\w+\.)?\w+)\(", "".join(inspect.getsource(story) for story in STORIES.values())))
    assert methods_of(keys.app) - told == NOT_A_CALL


async def test_no_operation_is_left_out(keys: Keys, sandbox: Sandbox) -> None:
    found = set()
    for story in STORIES.values():
        sandbox.reset()
        await story(keys, sandbox)
        found |= called(sandbox)
    assert found == set(PATHS.values())
