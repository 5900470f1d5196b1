"""Switchboards of v2 and the control of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .api import Api, error

if TYPE_CHECKING:
    import httpx


@pytest.fixture
def board(api: Api) -> str:
    return api.switchboard()


def update(api: Api, path: str, **fields: Any) -> httpx.Response:
    return api.client.patch(path, json=fields)


class TestSwitchboards:
    def test_an_app_has_one_at_most_and_it_starts_disabled(self, api: Api, board: str) -> None:
        assert error(api.client.post("/switchboards")) == (400, "bad_request")
        (listed,) = api.client.get("/switchboards").json()["switchboards"]
        assert listed == {"id": board.rpartition("/")[2], "enabled": False}

    def test_an_enabled_one_needs_a_default(self, api: Api, board: str) -> None:
        assert error(update(api, board, enabled=True)) == (404, "switchboard_integration_not_found")
        unknown = update(api, board, enabled=True, defaultSwitchboardIntegrationId="x")
        assert error(unknown) == (404, "switchboard_integration_not_found")
        bot = api.switchboard_integration(board, "bot")
        changed = update(api, board, enabled=True, defaultSwitchboardIntegrationId=bot).json()["switchboard"]
        assert (changed["enabled"], changed["defaultSwitchboardIntegrationId"]) == (True, bot)

    def test_unknown_ones_are_not_found(self, api: Api) -> None:
        assert error(update(api, "/switchboards/x", enabled=False)) == (404, "switchboard_not_found")
        assert error(api.client.get("/switchboards/x/switchboardIntegrations")) == (404, "switchboard_not_found")

    def test_deleting_it_ends_all_control(self, api: Api, board: str) -> None:
        bot = api.switchboard_integration(board, "bot")
        update(api, board, enabled=True, defaultSwitchboardIntegrationId=bot)
        conversation = api.conversation()
        assert control(api, conversation) == ("bot", None)
        assert api.client.delete(board).status_code == 200
        assert control(api, conversation) == (None, None)
        assert api.client.get("/switchboards").json()["switchboards"] == []


class TestSwitchboardIntegrations:
    def test_ten_at_most(self, api: Api, board: str) -> None:
        integration = api.integration()
        for number in range(10):
            api.switchboard_integration(board, f"bot-{number}", integrationId=integration)
        body = {"name": "bot-10", "integrationId": integration}
        refused = api.client.post(f"{board}/switchboardIntegrations", json=body)
        assert error(refused) == (400, "too_many_switchboard_integrations")
        title = "Switchboard has reached the max number of switchboard integrations (10)"
        assert refused.json()["errors"][0]["title"] == title

    @pytest.mark.parametrize(
        ("body", "answer"),
        [
            ({"name": "a b", "integrationType": "zd:agentWorkspace"}, (400, "bad_request")),
            ({"name": "bot", "integrationType": "zd:agentWorkspace"}, (400, "bad_request")),
            ({"name": "a"}, (400, "bad_request")),
            ({"name": "a", "integrationId": "x"}, (404, "integration_not_found")),
            ({"name": "a", "integrationType": "tiktok"}, (404, "integration_not_found")),
            ({"name": "a\n", "integrationType": "zd:agentWorkspace"}, (400, "bad_request")),
            (
                {"name": "a", "integrationType": "zd:agentWorkspace", "nextSwitchboardIntegrationId": "x"},
                (404, "switchboard_integration_not_found"),
            ),
            ({"name": "a", "integrationType": "zd:agentWorkspace", "messageHistoryCount": 11}, (400, "bad_request")),
        ],
    )
    def test_invalid_bodies_are_refused(
        self, api: Api, board: str, body: dict[str, Any], answer: tuple[int, str]
    ) -> None:
        api.switchboard_integration(board, "bot")
        assert error(api.client.post(f"{board}/switchboardIntegrations", json=body)) == answer

    def test_integration_id_and_type_must_match(self, api: Api, board: str) -> None:
        integration = api.integration()
        body = {"name": "a", "integrationId": integration, "integrationType": "zd:agentWorkspace"}
        assert error(api.client.post(f"{board}/switchboardIntegrations", json=body)) == (400, "bad_request")
        body["integrationType"] = "custom"
        created = api.client.post(f"{board}/switchboardIntegrations", json=body).json()["switchboardIntegration"]
        assert (created["integrationId"], created["integrationType"]) == (integration, "custom")
        assert error(update(api, f"{board}/switchboardIntegrations/{created['id']}", **body)) == (400, "bad_request")

    def test_an_update_keeps_the_rest(self, api: Api, board: str) -> None:
        human = api.switchboard_integration(board, "human", integrationType="zd:agentWorkspace")
        path = f"{board}/switchboardIntegrations/{api.switchboard_integration(board, 'bot')}"
        changed = update(api, path, nextSwitchboardIntegrationId=human, messageHistoryCount=5).json()
        assert changed["switchboardIntegration"]["name"] == "bot"
        assert changed["switchboardIntegration"]["nextSwitchboardIntegrationId"] == human
        cleared = update(api, path, nextSwitchboardIntegrationId=None, messageHistoryCount=None).json()
        assert not {"nextSwitchboardIntegrationId", "messageHistoryCount"} & set(cleared["switchboardIntegration"])
        assert error(update(api, path, name="human")) == (400, "bad_request")

    def test_the_default_and_a_next_one_cannot_be_deleted(self, api: Api, board: str) -> None:
        human = api.switchboard_integration(board, "human", integrationType="zd:agentWorkspace")
        bot = api.switchboard_integration(board, "bot")
        each = f"{board}/switchboardIntegrations"
        update(api, f"{each}/{bot}", nextSwitchboardIntegrationId=human)
        update(api, board, defaultSwitchboardIntegrationId=bot)
        assert error(api.client.delete(f"{each}/{bot}")) == (400, "bad_request")
        assert error(api.client.delete(f"{each}/{human}")) == (400, "bad_request")
        update(api, f"{each}/{bot}", nextSwitchboardIntegrationId=None)
        assert api.client.delete(f"{each}/{human}").status_code == 200
        assert error(update(api, f"{each}/{human}", name="x")) == (404, "switchboard_integration_not_found")

    def test_an_integration_in_use_cannot_be_deleted(self, api: Api, board: str) -> None:
        integration = api.integration()
        api.switchboard_integration(board, "bot", integrationId=integration)
        assert error(api.client.delete(f"/integrations/{integration}")) == (400, "bad_request")

    def test_a_channel_can_have_its_own_responder(self, api: Api, board: str) -> None:
        bot, human = (api.switchboard_integration(board, name) for name in ("bot", "human"))
        telegram = f"/integrations/{api.integration('telegram')}"
        assert "defaultResponder" not in api.client.get(telegram).json()["integration"]
        update(api, board, enabled=True, defaultSwitchboardIntegrationId=bot)
        inherited = api.client.get(telegram).json()["integration"]["defaultResponder"]
        assert (inherited["name"], inherited["inherited"]) == ("bot", True)
        own = update(api, telegram, defaultResponderId=human).json()["integration"]["defaultResponder"]
        assert (own["name"], own["inherited"]) == ("human", False)
        assert error(update(api, telegram, defaultResponderId="x")) == (404, "switchboard_integration_not_found")
        back = update(api, telegram, defaultResponderId=None).json()["integration"]["defaultResponder"]
        assert back["inherited"] is True
        update(api, telegram, defaultResponderId=human)
        api.client.delete(f"{board}/switchboardIntegrations/{human}")
        assert api.client.get(telegram).json()["integration"]["defaultResponder"] == inherited
        api.client.delete(board)
        assert error(update(api, telegram, defaultResponderId=human)) == (400, "bad_request")


def control(api: Api, conversation: str) -> tuple[str | None, str | None]:
    """Return the names of the active and the pending switchboard integration."""
    visible = api.client.get(f"/conversations/{conversation}").json()["conversation"]
    active, pending = (visible.get(f"{which}SwitchboardIntegration", {}).get("name") for which in ("active", "pending"))
    return active, pending


class TestControl:
    """A switchboard: the bot (the sandbox's integration) is the default, and the desk of humans is next."""

    @pytest.fixture(autouse=True)
    def _ready(self, api: Api, board: str) -> None:
        self.human = api.switchboard_integration(board, "human", integrationType="zd:agentWorkspace")
        self.bot = api.switchboard_integration(
            board, "bot", integrationId=api.sandbox.integration_id, nextSwitchboardIntegrationId=self.human
        )
        self.before = api.conversation()
        update(api, board, enabled=True, defaultSwitchboardIntegrationId=self.bot)
        self.user = api.user()
        self.conversation = api.conversation(self.user)
        self.api = api

    def act(self, action: str, body: Any = None, client: httpx.Client | None = None) -> httpx.Response:
        return (client or self.api.client).post(f"/conversations/{self.conversation}/{action}", json=body)

    @property
    def control(self) -> tuple[str | None, str | None]:
        return control(self.api, self.conversation)

    def test_the_default_gets_control_of_a_new_conversation(self) -> None:
        assert self.control == ("bot", None)

    def test_the_default_gets_control_of_an_older_conversation_when_a_user_writes(self) -> None:
        assert control(self.api, self.before) == (None, None)
        self.api.post(self.before)
        assert control(self.api, self.before) == (None, None)
        (participant,) = self.api.client.get(f"/conversations/{self.before}/participants").json()["participants"]
        self.api.post(self.before, author={"type": "user", "userId": participant["userId"]})
        assert control(self.api, self.before) == ("bot", None)

    @pytest.mark.parametrize("name", ["id", "human", "zd:agentWorkspace", "next"])
    def test_control_is_passed_by_id_name_type_or_next(self, name: str) -> None:
        target = self.human if name == "id" else name
        assert self.act("passControl", {"switchboardIntegration": target, "metadata": {"a": 1}}).status_code == 200
        assert self.control == ("human", None)

    def test_passing_to_the_active_one_changes_nothing(self) -> None:
        self.act("offerControl", {"switchboardIntegration": "human"})
        assert self.act("passControl", {"switchboardIntegration": "bot"}).status_code == 200
        assert self.control == ("bot", "human")

    @pytest.mark.parametrize("target", ["nobody", "custom"])
    def test_a_target_must_be_a_switchboard_integration(self, board: str, target: str) -> None:
        self.api.switchboard_integration(board, "second-bot")
        for action in ("passControl", "offerControl"):
            assert error(self.act(action, {"switchboardIntegration": target})) == (400, "bad_request")
        assert self.control == ("bot", None)

    def test_the_last_one_has_no_next(self) -> None:
        self.act("passControl", {"switchboardIntegration": "next"})
        assert error(self.act("passControl", {"switchboardIntegration": "next"})) == (400, "bad_request")

    def test_an_offer_is_accepted(self) -> None:
        assert self.act("offerControl", {"switchboardIntegration": "next"}).status_code == 200
        assert self.control == ("bot", "human")
        assert self.act("acceptControl", {}).status_code == 200
        assert self.control == ("human", None)

    def test_offering_to_the_active_one_changes_nothing(self) -> None:
        assert error(self.act("offerControl", {"switchboardIntegration": "bot"})) == (400, "bad_request")

    def test_accepting_needs_an_offer(self) -> None:
        assert error(self.act("acceptControl", {})) == (400, "bad_request")

    def test_an_integration_accepts_only_what_it_was_offered(self, bot: httpx.Client) -> None:
        self.act("offerControl", {"switchboardIntegration": "human"})
        assert error(self.act("acceptControl", {}, bot)) == (403, "forbidden")
        self.act("passControl", {"switchboardIntegration": "human"})
        self.act("offerControl", {"switchboardIntegration": "bot"})
        assert self.act("acceptControl", {}, bot).status_code == 200

    def test_an_integration_releases_only_what_it_has(self, bot: httpx.Client) -> None:
        assert self.act("releaseControl", None, bot).status_code == 200
        assert error(self.act("releaseControl", None, bot)) == (403, "forbidden")
        self.act("passControl", {"switchboardIntegration": "human"})
        assert error(self.act("releaseControl", None, bot)) == (403, "forbidden")

    def test_a_released_conversation_returns_to_the_default_when_the_user_writes(self) -> None:
        self.act("passControl", {"switchboardIntegration": "human"})
        self.act("offerControl", {"switchboardIntegration": "bot"})
        assert self.control == ("human", "bot")
        assert self.act("releaseControl").status_code == 200
        assert self.control == (None, None)
        self.api.post(self.conversation, author={"type": "user", "userId": self.user})
        assert self.control == ("bot", None)

    def test_a_channel_with_a_responder_of_its_own_gives_it_control(self) -> None:
        twilio = self.api.integration("twilio", defaultResponderId=self.human)
        self.api.link(self.user, twilio)
        listed = self.api.client.get("/conversations", params={"filter[userId]": self.user}).json()["conversations"]
        self.conversation = listed[-1]["id"]
        assert self.act("releaseControl").status_code == 200
        self.api.sandbox.say(self.user, "Hi", conversation_id=self.conversation, channel="twilio")
        assert self.control == ("human", None)

    def test_a_deleted_one_loses_control(self, board: str) -> None:
        second = self.api.switchboard_integration(board, "second-bot")
        self.act("passControl", {"switchboardIntegration": "second-bot"})
        assert self.api.client.delete(f"{board}/switchboardIntegrations/{second}").status_code == 200
        assert self.control == (None, None)

    def test_without_a_switchboard_there_is_no_control(self, board: str) -> None:
        self.api.client.delete(board)
        for action in ("passControl", "offerControl"):
            assert error(self.act(action, {"switchboardIntegration": "bot"})) == (404, "switchboard_not_found")
