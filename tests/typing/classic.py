"""Checked by mypy and pyright as a user's file would be; never run."""

from __future__ import annotations

from typing import Any, assert_type

from smooch_api import Response, Unset
from smooch_api.v1.api import webhooks

from smooch import AsyncSmooch, Smooch, errors
from smooch.v1 import models


def classic(api: Smooch) -> None:
    user = api.init_user("b6518", "device-1").parsed.app_user
    assert_type(user.id, str)
    answer = api.post_message("b6518", {"type": "text", "text": "Hi"}, True)
    assert_type(answer, Response[models.MessageResponse])
    assert_type(answer.status_code, int)
    message = answer.parsed.message
    assert_type(message.id, str)
    assert_type(message.text, str | Unset)
    if message.text:
        assert_type(message.text, str)
    match message:
        case models.CarouselMessage(items=items):
            assert_type(items, list[models.MessageItem] | Unset)
        case models.UnknownMessage():
            assert_type(message.additional_properties, dict[str, Any])
        case _:
            pass
    for each in api.iter_messages("b6518"):
        if isinstance(each, models.ImageMessage):
            assert_type(each, models.ImageMessage)
    assert_type(api.ensure_webhook_exist(["postback", "message"], "https://example.com"), tuple[str, str])
    assert_type(webhooks.list_webhooks.sync(client=api.raw).webhooks, list[models.Webhook])
    with api.with_options(deadline=3) as hurried:
        assert_type(hurried, Smooch)


async def modern() -> None:
    async with AsyncSmooch.from_env() as api:
        assert_type((await api.get_user("b6518")).parsed.app_user, models.AppUser)
        texts = [each.text async for each in api.iter_messages("b6518", after=1500000000.5)]
        assert_type(texts, list[str | Unset])
        try:
            await api.post_media("b6518", ("cat.png", b"..."))
        except errors.RateLimited as error:
            assert_type(error.retry_after, float | None)


def plain_dicts(api: Smooch, body: dict[str, Any]) -> None:
    api.update_user("b6518", body)
    api.update_user("b6518", {"givenName": "Ana", "properties": body})
    api.update_user("b6518", {"givenNam": "Ana"})  # type: ignore[dict-item]
    api.post_message("b6518", body)
    api.post_message("b6518", {"type": "carousel", "items": [body]})
    api.link_user_to_channel("b6518", "twilio", body)


def misspelt(api: Smooch) -> None:
    api.with_options(deadlin=3)  # type: ignore[call-arg]
    Smooch.from_env(regoin="us")  # type: ignore[call-arg]
    Smooch.from_env(region="eu", api_version="v1.1")  # type: ignore[arg-type]
