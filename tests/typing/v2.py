"""Checked by mypy and pyright as a user's file would be; never run."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from typing import IO, Any, Unpack, assert_type

from smooch_api import Response, Unset
from smooch_api.v2.api import webhooks

from smooch import errors
from smooch.v2 import (
    AsyncPaged,
    AsyncSmooch,
    Finding,
    MessageOptions,
    Paged,
    Smooch,
    authorize_url,
    inspect_user_jwt,
    jwt_for_user,
    models,
)


def sync() -> None:
    with Smooch("app_5a", "secret", "5d", subdomain="example") as api:
        user = api.users.get_or_create(
            "b6518", profile=models.Profile(given_name="Ana"), metadata={"tier": 1, "a": True}
        )
        assert_type(user, models.User)
        assert_type(api.users.find_by_email("ana@example.org"), list[models.User])
        conversation = api.conversations.create(user_id=user.id)
        message = api.messages.post_text(
            conversation.id, "Hi", author=user, metadata={"lang": "en"}, block_chat_input=True
        )
        assert_type(message, models.Message)
        api.messages.post_text(
            conversation.id, markdown_text="# Hi", author={"type": "user", "userExternalId": "b6518"}
        )
        api.messages.post(conversation.id, models.TextMessage(text="Hi"), author="business")
        api.messages.post(conversation.id, {"type": "video", "mediaUrl": "https://media.example/a.mp4"})
        api.messages.post_carousel(
            conversation.id,
            [models.MessageItem(title="Mug", actions=[models.LinkAction(text="More", uri="https://example.com")])],
            display_settings={"imageAspectRatio": "square"},
            destination=models.Destination(integration_type="whatsapp"),
        )
        api.messages.post_form(conversation.id, [models.FormMessageField(type_="text", name="n", label="Name?")])
        api.messages.post_media(conversation.id, ("cat.png", b"..."), text="A cat", schema=None)
        api.messages.post_template(conversation.id, {"name": "hello"})
        api.activities.send(conversation.id, "typing:stop")
        with api.activities.typing(conversation.id):
            assert_type(api.conversations.get_or_create_default(user), models.Conversation)
        listed = api.messages.list(conversation.id, newest_first=True, limit=10)
        assert_type(listed, Paged[models.Message])
        assert_type(listed.cursor, str | None)
        for each in listed:
            assert_type(each, models.Message)
            match each.content:
                case models.TextMessage(text=text):
                    assert_type(text, str | Unset)
                case models.UnknownMessage() as unknown:
                    assert_type(unknown.type_, str)
                    assert_type(unknown.additional_properties, dict[str, Any])
                case content:
                    assert_type(content.to_dict(), dict[str, Any])
            assert_type(each.author.type_, str)
            assert_type(each.received, str)
            assert_type(each.source.type_, str)
        assert_type(next(api.apps.list()), models.App)
        assert_type(api.apps.list().first(), models.App | None)
        assert_type(api.users.delete("b6518"), None)
        assert_type(api.users.update("b6518", {"profile": {"givenName": "Ana"}}), models.User)
        api.users.update("b6518", profile=models.Profile(surname=None), metadata=None, signed_up_at=datetime.now(UTC))
        api.users.update("b6518", properties={"a": 1})  # type: ignore[call-arg]
        api.conversations.update("c1", display_name=None, metadata={"order": 17})
        api.webhooks.update("w1", triggers=["conversation:read"], include_full_user=True)
        hook = api.webhooks.ensure("https://example.com", ["conversation:message"], include_full_user=True)
        assert_type(hook, models.Webhook)
        assert_type(hook.secret, str)
        assert_type(api.attachments.upload(b"...", mime_type="image/png").media_url, str)
        api.conversations.post_conversion_events("c1", "instagram", {"data": [{}], "test_event_code": "TEST1"})
        api.users.create("u-77", signed_up_at=datetime.now(UTC))
        assert_type(api.integrations.create(models.UnityIntegrationCreate()), models.Integration)
        answer = webhooks.list_webhooks.sync_detailed("5d", "me", client=api.raw)
        assert_type(answer, Response[models.WebhookListResponse])
        assert_type(api.with_options(deadline=3), Smooch)
        api.with_options(deadlin=3)  # type: ignore[call-arg]
        Smooch.from_env(tokn="a")  # type: ignore[call-arg]
        Smooch.from_env(region="eu")  # type: ignore[arg-type]
    assert_type(Smooch.jwt_for_user("app_1", "secret", "b6518", expires_in=60), str)
    assert_type(jwt_for_user("app_1", "secret", "b6518", email="ana@example.org", email_verified=True), str)
    assert_type(inspect_user_jwt("token"), list[Finding])
    assert_type(authorize_url("client", state="7"), str)


def handed_on(api: Smooch, **options: Unpack[MessageOptions]) -> models.Message:
    api.messages.post_text("c1", "Hi", **options)
    handed_on(api, author="business", metadata={"lang": "en"})
    handed_on(api, auther="business")  # type: ignore[call-arg]
    return api.messages.post_carousel("c1", [], **options)


def plain_dicts(api: Smooch, body: dict[str, Any], text: dict[str, str]) -> None:
    api.messages.post("c1", body)
    api.messages.post("c1", {"type": "image", "mediaUrl": "https://example.com", "actions": [body]}, author=body)
    api.messages.post_text("c1", "Hi", actions=[body], destination=body, override=body)
    api.messages.post_carousel("c1", [body, {"title": "Mug", "actions": [body]}], display_settings=body)
    api.messages.post_form("c1", [body])
    api.messages.post_list("c1", [body], actions=[body])
    api.users.create("b6518", profile=body, metadata=body)
    api.users.update("b6518", body)
    api.users.update("b6518", {"profile": body})
    api.users.update("b6518", {"profile": {"givenNam": "Ana"}})  # type: ignore[dict-item]
    api.users.update("b6518", {"givenName": "Ana"})  # type: ignore[dict-item]
    api.users.update("b6518", profile={"givenNam": "Ana"})  # type: ignore[dict-item]
    api.users.update("b6518", profile=text)  # type: ignore[arg-type]
    api.conversations.create(type_="sdkGroup", participants=[body])
    api.conversations.update("c1", body)
    api.clients.create("b6518", body, conversation_id="c1", confirmation=body)
    api.webhooks.update("w1", body)
    api.apps.create("Shop", settings=body)
    api.apps.update(settings={"echoPostbak": True})  # type: ignore[dict-item]
    api.integrations.create(body)
    api.integrations.update("i1", body)
    api.messages.post_carousel("c1", [{"titel": "Mug"}])  # type: ignore[dict-item]


def what_further_calls_take(api: Smooch) -> None:
    for integration in api.integrations.list("custom"):
        key = api.integration_keys.create(integration.id, "Bot")
        assert_type(Smooch(key.id, key.secret, "5d", region="us"), Smooch)
        api.switchboard_integrations.create("s1", "bot", integration_id=integration.id)
    assert_type(api.app_keys.create("Bot").secret, str)
    for participant in api.participants.list("c1"):
        api.users.get(participant.user_id)
    if active := api.conversations.get("c1").active_switchboard_integration:
        api.switchboard_actions.pass_control("c1", active.name)
        api.integration_keys.list(active.integration_id)


def files(api: Smooch, upload: IO[bytes], text: IO[str]) -> None:
    with tempfile.NamedTemporaryFile() as named, tempfile.SpooledTemporaryFile() as spooled:
        for file in (named, spooled, upload):
            api.attachments.upload(file)
    api.messages.post_media("c1", upload, filename="cat.png")
    api.messages.post_media("c1", text)  # type: ignore[arg-type]


async def asynchronous() -> None:
    async with AsyncSmooch(token="token", app_id="5d", region="eu-1") as api:
        assert_type(await api.oauth.token_info(), models.AppWithSubdomain)
        assert_type(api.clients.list("b6518"), AsyncPaged[models.Client])
        assert_type(await api.clients.list("b6518").first(), models.Client | None)
        async with api.activities.typing("c1"):
            assert_type(await api.conversations.get_or_create_default(user_external_id="b6518"), models.Conversation)
        ids = [each.id async for each in api.conversations.list(user_external_id="b6518")]
        assert_type(ids, list[str])
        try:
            await api.messages.post_text("c1", "Hi")
        except errors.ConversationFull as error:
            assert_type(error.errors, tuple[dict[str, Any], ...])
        assert_type(await api.conversations.download_message_ref("c1", "u1", apple={}), dict[str, Any])
    async with AsyncSmooch.from_env(auth="basic") as api:
        await api.switchboard_actions.pass_control("c1")
