# Derived from tests/_async/test_v2_sandbox.py by scripts/unasync.py; edit that file.
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
from smooch.v2 import Paged, Smooch, authorize_url

from .test_v2_methods import NOT_A_CALL, methods_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable

    from smooch.sandbox import Sandbox

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
        self.app = Smooch(sandbox.key_id, sandbox.secret, **options)
        self.account = Smooch(sandbox.account_key_id, sandbox.account_secret, **options)
        self.integration = Smooch(sandbox.integration_key_id, sandbox.integration_secret, **options)


@pytest.fixture
def keys(sandbox: Sandbox) -> Iterator[Keys]:
    made = Keys(sandbox)
    yield made
    for api in (made.app, made.account, made.integration):
        api.close()


def every(records: Paged[Any]) -> list[Any]:
    return [record for record in records]


def users_and_clients(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    user = api.users.create("b6518", profile={"givenName": "Ana"}, metadata={"tier": "gold"})
    assert (api.users.get("b6518")) == (api.users.get(user.id)) == user
    assert api.users.get_or_create("b6518") == user
    changed = api.users.update(user.id, models.UserUpdate(profile=models.Profile(surname="Roy")))
    assert isinstance(changed.profile, models.Profile)
    assert (changed.profile.given_name, changed.profile.surname) == ("Ana", "Roy")

    assert api.users.find_by_email("ana@example.org") == []
    sandbox.authenticate_user("b6518", email="ana@example.org", zendesk_id="35436")
    assert [one.id for one in api.users.find_by_email("ana@example.org")] == [user.id]
    assert (api.users.sync("35436")).id == user.id

    conversation = api.conversations.create(user_id=user.id)
    channel = api.integrations.create(models.TwilioIntegrationCreate.from_dict(TWILIO))
    assert isinstance(channel, models.TwilioIntegration)
    criteria = models.TwilioMatchCriteria(integration_id=str(channel.id), phone_number="+15145550101")
    client = api.clients.create(user.id, criteria, conversation_id=conversation.id)
    assert client.type_ == "twilio"
    assert client.id in [one.id for one in every(api.clients.list(user.id))]
    api.clients.remove(user.id, client.id)
    assert client.id not in [one.id for one in every(api.clients.list(user.id))]
    devices = api.devices.list(user.id)
    for device in devices:
        assert api.devices.get(user.id, device.id) == device
    with pytest.raises(NotFound):
        api.devices.get(user.id, "0" * 24)

    erased = api.users.delete_personal_information(user.id)
    assert (erased.id, erased.metadata or {}) == (user.id, {})
    api.users.delete("b6518")
    with pytest.raises(NotFound):
        api.users.get("b6518")


TWILIO = {"type": "twilio", "accountSid": "AC1", "authToken": "t", "phoneNumberSid": "PN1"}


def conversations(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    ana, eva = api.users.create("ana"), api.users.create("eva")
    personal = api.conversations.create(user_external_id="ana", display_name="Order 17")
    assert api.conversations.get(personal.id) == personal
    changed = api.conversations.update(personal.id, {"description": "Paid", "metadata": {"order": 17}})
    assert (changed.description, changed.metadata) == ("Paid", {"order": 17})
    second = api.conversations.create(user_id=ana.id)
    group = api.conversations.create(
        type_="sdkGroup", participants=[models.ParticipantCreate(user_id=ana.id, subscribe_sdk_client=True)]
    )
    of_ana = {personal.id, second.id, group.id}
    assert {one.id for one in every(api.conversations.list(user_id=ana.id))} == of_ana
    assert {one.id for one in every(api.conversations.list(user_external_id="ana"))} == of_ana

    joined = api.participants.join(group.id, user_external_id="eva", subscribe_sdk_client=False)
    assert joined.user_id == eva.id
    assert {one.user_id for one in every(api.participants.list(group.id))} == {ana.id, eva.id}
    api.participants.leave(group.id, participant_id=joined.id)
    api.participants.leave(group.id, user_id=ana.id)
    assert every(api.participants.list(group.id)) == []
    with pytest.raises(BadRequest):
        api.conversations.delete(personal.id)
    api.conversations.delete(second.id)
    with pytest.raises(NotFound):
        api.conversations.get(second.id)


def channels(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    user = api.users.create("ana")
    conversation = api.conversations.create(user_id=user.id)
    reference = models.AppleInteractiveDataRef(url="https://a.example", bid="b", key="k", signature="s", owner="o")
    apple = models.AppleMessageRef(interactive_data_ref=reference)
    found = api.conversations.download_message_ref(conversation.id, user.id, apple=apple)
    assert found["interactiveData"]["bid"] == "b"
    events = [{"event_name": "Purchase", "event_time": number} for number in range(3)]
    received = api.conversations.post_conversion_events(conversation.id, "instagram", events)
    assert received.events_received == 3


def messages(keys: Keys, _: Sandbox) -> None:
    api = keys.app
    user = api.users.create("ana")
    conversation_id = (api.conversations.create(user_id=user.id)).id
    posted = [
        api.messages.post(conversation_id, "One", author=user),
        api.messages.post_text(conversation_id, "Two", actions=[models.ReplyAction(text="Hi", payload="HI")]),
        api.messages.post_image(conversation_id, "https://media.example/a.png"),
        api.messages.post_file(conversation_id, "https://media.example/a.pdf", alt_text="FAQ"),
        api.messages.post_carousel(conversation_id, [ITEM]),
        api.messages.post_list(conversation_id, [ITEM], actions=[LINK]),
        api.messages.post_form(conversation_id, [{"type": "email", "name": "mail", "label": "E-mail"}]),
        api.messages.post_location(conversation_id, 45.5, -73.6, name="Zendesk"),
        api.messages.post_template(conversation_id, {"name": "hello_world", "language": {"code": "en_US"}}),
        api.messages.post_media(conversation_id, PNG),
    ]
    kinds = [type(message.content).__name__.removesuffix("Message").lower() for message in posted]
    assert kinds == ["text", "text", "image", "file", "carousel", "list", "form", "location", "template", "image"]
    assert [one.id for one in every(api.messages.list(conversation_id))] == [one.id for one in posted[::-1]]
    api.activities.send(conversation_id)
    api.activities.mark_read(conversation_id, author=user)
    attachment = api.attachments.upload(PNG, conversation_id=conversation_id)
    api.attachments.delete(str(attachment.media_url))
    api.messages.delete(conversation_id, posted[0].id)
    api.messages.delete_all(conversation_id)
    assert [one for one in api.messages.list(conversation_id) if not one.deleted] == []


def switchboards(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    switchboard = api.switchboards.create()
    bot = api.switchboard_integrations.create(switchboard.id, "bot", integration_id=sandbox.integration_id)
    other = api.integrations.create(CUSTOM)
    human = api.switchboard_integrations.create(
        switchboard.id, "human", integration_id=str(other.id), deliver_standby_events=False, message_history_count=5
    )
    linked = api.switchboard_integrations.update(
        switchboard.id, bot.id, {"nextSwitchboardIntegrationId": human.id}
    )
    assert linked.next_switchboard_integration_id == human.id
    enabled = api.switchboards.update(
        switchboard.id, models.SwitchboardUpdate(enabled=True, default_switchboard_integration_id=bot.id)
    )
    assert api.switchboards.list() == [enabled]
    listed = api.switchboard_integrations.list(switchboard.id)
    assert {one.name for one in listed} == {"bot", "human"}

    user = api.users.create("ana")
    conversation = api.conversations.create(user_id=user.id)
    api.messages.post_text(conversation.id, "Help!", author=user)
    assert active(api, conversation.id) == "bot"
    api.switchboard_actions.pass_control(conversation.id, "human", metadata={"reason": "asked"})
    assert active(api, conversation.id) == "human"
    api.switchboard_actions.offer_control(conversation.id, bot.id)
    keys.integration.switchboard_actions.accept_control(conversation.id)
    assert active(api, conversation.id) == "bot"
    keys.integration.switchboard_actions.release_control(conversation.id)
    assert active(api, conversation.id) is None
    with pytest.raises(Forbidden, match="in control"):
        keys.integration.switchboard_actions.release_control(conversation.id)

    api.switchboard_integrations.update(switchboard.id, bot.id, {"nextSwitchboardIntegrationId": None})
    api.switchboard_integrations.delete(switchboard.id, human.id)
    api.switchboards.delete(switchboard.id)
    assert api.switchboards.list() == []


def active(api: Smooch, conversation_id: str) -> Any:
    found = (api.conversations.get(conversation_id)).active_switchboard_integration
    return found.name if isinstance(found, models.SwitchboardIntegrationTruncated) else None


CUSTOM = {"type": "custom", "displayName": "Bot", "webhooks": [{"target": HERE, "triggers": ["conversation:message"]}]}


def integrations(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.app
    made = api.integrations.create(CUSTOM)
    assert isinstance(made, models.CustomIntegration)
    integration_id = str(made.id)
    assert api.integrations.get(integration_id) == made
    renamed = api.integrations.update(integration_id, models.CustomIntegrationUpdate(display_name="Robin"))
    assert isinstance(renamed, models.CustomIntegration)
    assert renamed.display_name == "Robin"
    assert {str(one.id) for one in every(api.integrations.list("custom"))} == {
        integration_id,
        sandbox.integration_id,
    }
    assert every(api.integrations.list(["web", "line"])) == []
    key = api.integration_keys.create(integration_id, "Bot")
    assert api.integration_keys.get(integration_id, key.id) == key
    assert api.integration_keys.list(integration_id) == [key]
    with Smooch(key.id, str(key.secret), sandbox.app_id, base_url=sandbox.url, auth="basic") as bot:
        assert [one.target for one in bot.webhooks.list()] == [HERE]
        with pytest.raises(Forbidden):
            bot.apps.get()
    api.integration_keys.delete(integration_id, key.id)
    api.integrations.delete(integration_id)
    with pytest.raises(NotFound):
        api.integrations.get(integration_id)


def webhooks(keys: Keys, sandbox: Sandbox) -> None:
    for api, integration in ((keys.app, sandbox.integration_id), (keys.integration, "me")):
        made = api.webhooks.create(HERE, "conversation:message", integration=integration)
        assert api.webhooks.get(made.id, integration=integration) == made
        changed = api.webhooks.update(made.id, {"includeFullUser": True}, integration=integration)
        assert (changed.include_full_user, changed.triggers) == (True, ["conversation:message"])
        assert api.webhooks.list(integration=integration) == [changed]
        same = api.webhooks.ensure("conversation:message", HERE, integration=integration)
        assert same == changed
        api.webhooks.delete(made.id, integration=integration)
        fresh = api.webhooks.ensure(["conversation:message", "user:merge"], HERE, integration=integration)
        assert (fresh.target, fresh.triggers) == (HERE, ["conversation:message", "user:merge"])
        api.webhooks.delete(fresh.id, integration=integration)
        assert api.webhooks.list(integration=integration) == []


def apps(keys: Keys, sandbox: Sandbox) -> None:
    api = keys.account
    own = keys.app.apps.get()
    assert (own.id, (keys.app.apps.update({"displayName": "Shop"})).display_name) == (sandbox.app_id, "Shop")
    made = api.apps.create("Bakery", settings={"multiConvoEnabled": True})
    assert {one.id for one in every(api.apps.list())} == {sandbox.app_id, made.id}
    assert (api.apps.get(made.id)).display_name == "Bakery"
    assert (api.apps.update(models.AppUpdate(display_name="Cake"), app_id=made.id)).display_name == "Cake"
    key = api.app_keys.create("Backend", app_id=made.id)
    assert api.app_keys.get(key.id, app_id=made.id) == key
    assert api.app_keys.list(app_id=made.id) == [key]
    with Smooch(key.id, str(key.secret), made.id, base_url=sandbox.url) as fresh:
        assert (fresh.apps.get()).id == made.id
    api.app_keys.delete(key.id, app_id=made.id)
    api.apps.delete(made.id)
    assert {one.id for one in every(api.apps.list())} == {sandbox.app_id}
    with pytest.raises(Forbidden, match="account key"):
        keys.app.apps.create("Shop")


def tokens(keys: Keys, sandbox: Sandbox) -> None:
    url = authorize_url("partner", redirect_uri="https://partner.example/back", state="7", base_url=sandbox.url)
    with httpx.Client() as browser:
        redirected = browser.get(url)
    came_back = urlsplit(redirected.headers["Location"])
    query = parse_qs(came_back.query)
    assert (came_back.netloc, query["state"]) == ("partner.example", ["7"])
    partner_key = {"client_id": "partner", "client_secret": "s3cret of a partner", "base_url": sandbox.url}
    answer = Smooch.exchange_code(query["code"][0], **partner_key)
    assert answer.access_token not in repr(answer)
    with pytest.raises(Unauthorized, match="a code is good for one exchange"):
        Smooch.exchange_code(query["code"][0], **partner_key)
    token = answer.access_token
    with Smooch(token=token, base_url=sandbox.url) as stranger:
        assert (stranger.oauth.token_info()).id == sandbox.app_id
    with Smooch(token=token, app_id=sandbox.app_id, base_url=sandbox.url) as partner:
        assert partner.webhooks.list() == []
        partner.oauth.revoke_access()
        with pytest.raises(Unauthorized, match="check that the access token is still good"):
            partner.webhooks.list()


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
def test_what_one_call_does_the_next_one_sees(keys: Keys, sandbox: Sandbox, name: str) -> None:
    STORIES[name](keys, sandbox)


def test_every_method_has_its_place_in_a_story(keys: Keys) -> None:
    told = set(re.findall(r"\.((?:\w+\.)?\w+)\(", "".join(inspect.getsource(story) for story in STORIES.values())))
    assert methods_of(keys.app) - told == NOT_A_CALL


def test_no_operation_is_left_out(keys: Keys, sandbox: Sandbox) -> None:
    found = set()
    for story in STORIES.values():
        sandbox.reset()
        story(keys, sandbox)
        found |= called(sandbox)
    assert found == set(PATHS.values())
