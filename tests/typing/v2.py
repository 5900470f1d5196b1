"""Checked by mypy and pyright as a user's file would be; never run."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from typing import IO, Any, Unpack, assert_type

from smooch_api.v2.api import webhooks
from smooch_api.v2.types import Response, Unset

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
        user = api.get_or_create_user(
            "b6518", profile=models.Profile(given_name="Ana"), metadata={"tier": 1, "a": True}
        )
        assert_type(user, models.User)
        assert_type(api.find_users_by_email("ana@example.org"), list[models.User])
        conversation = api.create_conversation(user_id=user.id)
        message = api.post_text(conversation.id, "Hi", author=user, metadata={"lang": "en"}, block_chat_input=True)
        assert_type(message, models.Message)
        api.post_text(conversation.id, markdown_text="# Hi", author={"type": "user", "userExternalId": "b6518"})
        api.post_message(conversation.id, models.TextMessage(text="Hi"), author="business")
        api.post_message(conversation.id, {"type": "video", "mediaUrl": "https://media.example/a.mp4"})
        api.post_carousel(
            conversation.id,
            [models.MessageItem(title="Mug", actions=[models.LinkAction(text="More", uri="https://example.com")])],
            display_settings={"imageAspectRatio": "square"},
            destination=models.Destination(integration_type="whatsapp"),
        )
        api.post_form(conversation.id, [models.FormMessageField(type_="text", name="n", label="Name?")])
        api.post_media(conversation.id, ("cat.png", b"..."), text="A cat", schema=None)
        api.post_template(conversation.id, {"name": "hello"})
        api.send_activity(conversation.id, "typing:stop")
        listed = api.list_messages(conversation.id, newest_first=True, limit=10)
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
        assert_type(next(api.list_apps()), models.App)
        assert_type(api.delete_user("b6518"), None)
        hook = api.ensure_webhook_exist(["conversation:message"], "https://example.com", include_full_user=True)
        assert_type(hook, models.Webhook)
        assert_type(hook.secret, str)
        assert_type(api.upload_attachment(b"...", mime_type="image/png").media_url, str)
        api.post_conversion_events("c1", "instagram", {"data": [{}], "test_event_code": "TEST1"})
        api.create_user("u-77", signed_up_at=datetime.now(UTC))
        assert_type(api.create_integration(models.UnityIntegrationCreate()), models.Integration)
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
    api.post_text("c1", "Hi", **options)
    handed_on(api, author="business", metadata={"lang": "en"})
    handed_on(api, auther="business")  # type: ignore[call-arg]
    return api.post_carousel("c1", [], **options)


def what_further_calls_take(api: Smooch) -> None:
    for integration in api.list_integrations("custom"):
        key = api.create_integration_key(integration.id, "Bot")
        assert_type(Smooch(key.id, key.secret, "5d", region="us"), Smooch)
        api.create_switchboard_integration("s1", "bot", integration_id=integration.id)
    assert_type(api.create_app_key("Bot").secret, str)
    for participant in api.list_participants("c1"):
        api.get_user(participant.user_id)
    if active := api.get_conversation("c1").active_switchboard_integration:
        api.pass_control("c1", active.name)
        api.list_integration_keys(active.integration_id)


def files(api: Smooch, upload: IO[bytes], text: IO[str]) -> None:
    with tempfile.NamedTemporaryFile() as named, tempfile.SpooledTemporaryFile() as spooled:
        for file in (named, spooled, upload):
            api.upload_attachment(file)
    api.post_media("c1", upload, filename="cat.png")
    api.post_media("c1", text)  # type: ignore[arg-type]


async def asynchronous() -> None:
    async with AsyncSmooch(token="token", app_id="5d", region="eu-1") as api:
        assert_type(await api.token_info(), models.AppWithSubdomain)
        assert_type(api.list_clients("b6518"), AsyncPaged[models.Client])
        ids = [each.id async for each in api.list_conversations(user_external_id="b6518")]
        assert_type(ids, list[str])
        try:
            await api.post_text("c1", "Hi")
        except errors.ConversationFull as error:
            assert_type(error.errors, tuple[dict[str, Any], ...])
        assert_type(await api.download_message_ref("c1", "u1", apple={}), dict[str, Any])
    async with AsyncSmooch.from_env(auth="basic") as api:
        await api.pass_control("c1")
