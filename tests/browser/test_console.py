"""The console as a person uses it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from support.scripted_server import wait_until

from .conftest import SCREENSHOTS, open_console

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from smooch.sandbox import Sandbox
    from smooch.v2 import Smooch

pytestmark = pytest.mark.slow


def write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def messages(page: Page) -> Locator:
    return page.locator("#messages .bubble")


def conversation_of(api: Smooch, user: str) -> str:
    return next(iter(api.conversations.list(user_external_id=user))).id


def post(sandbox: Sandbox, path: str, body: Any) -> httpx.Response:
    """Call the API without the checks of our client."""
    url = f"{sandbox.url}/v2/apps/{sandbox.app_id}/{path}"
    return httpx.post(url, json=body, auth=(sandbox.key_id, sandbox.secret))


def test_a_person_talks_to_the_bot(page: Page, bot: str) -> None:
    write(page, "Hi")
    expect(messages(page).nth(1)).to_have_text("You said: Hi")
    page.get_by_role("button", name="More").click()
    expect(messages(page).nth(3)).to_contain_text("tapped")
    expect(messages(page).nth(4)).to_have_text("You tapped MORE")
    write(page, "order")
    form = page.get_by_role("form", name="Form")
    form.get_by_label("Name").fill("Ana")
    form.get_by_label("Size").select_option("Large")
    form.get_by_role("button").click()
    expect(messages(page).last).to_have_text("Thanks for the form")
    expect(page.get_by_text("This form was sent.")).to_be_visible()
    expect(messages(page).last).to_be_in_viewport()
    row = page.get_by_role("option", name="conversation:postback")
    row.click()
    expect(page.locator("#detail")).to_contain_text('"payload": "MORE"')
    page.screenshot(path=SCREENSHOTS / "console.png")


def test_a_reload_and_a_second_page_show_the_same(page: Page, bot: str, browser: Browser, fresh: Sandbox) -> None:
    write(page, "Hi")
    expect(messages(page)).to_have_count(3)
    second = open_console(browser, fresh)
    expect(messages(second)).to_have_count(3)
    write(second, "And you?")
    expect(messages(page).nth(4)).to_have_text("You said: And you?")
    expect(messages(page)).to_have_count(6)
    expect(messages(second)).to_have_count(6)
    texts = messages(page).all_inner_texts()
    page.reload()
    expect(messages(page)).to_have_count(len(texts))
    assert messages(page).all_inner_texts() == texts == messages(second).all_inner_texts()
    # As requests are repeated in both logs.
    wait_until(lambda: page.locator(".entry").count() == second.locator(".entry").count())
    second.context.close()


def test_a_conversation_restarts_from_a_message(page: Page, bot: str) -> None:
    write(page, "Hi")
    expect(messages(page)).to_have_count(3)
    page.get_by_role("button", name="More").click()
    expect(messages(page)).to_have_count(5)
    write(page, "order")
    expect(messages(page)).to_have_count(7)
    write(page, "too far")
    expect(messages(page)).to_have_count(10)
    page.locator("article", has_text="order").get_by_role("button", name="Restart from here").click()
    expect(page.locator("#chat-title")).to_have_text("ana #2")
    expect(messages(page)).to_have_count(7, timeout=15_000)
    expect(page.get_by_role("alert")).to_have_text("Restarted up to this message.", timeout=15_000)
    assert "too far" not in " ".join(messages(page).all_inner_texts())
    page.get_by_role("button", name="Restart", exact=True).click()
    expect(page.locator("#chat-title")).to_have_text("ana #3")
    expect(messages(page)).to_have_count(0)


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</textarea><script>document.title='taken'</script>",
    "javascript:alert(1)",
    "\u202e\u0000 %s {{constructor}} [red]",
]


def test_hostile_content_is_text(page: Page, fresh: Sandbox, api: Smooch) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for text in HOSTILE:
        fresh.say("<b>ana</b>", text)
    conversation = conversation_of(api, "<b>ana</b>")
    link = {"type": "link", "text": "<i>tap</i>", "uri": "javascript:alert(2)"}
    post(
        fresh,
        f"conversations/{conversation}/messages",
        {"author": {"type": "business"}, "content": {"type": "text", "text": HOSTILE[0], "actions": [link]}},
    )
    api.messages.post_image(conversation, f"{fresh.url}/media/<script>.svg", alt_text=HOSTILE[0])
    expect(messages(page)).to_have_count(6)
    assert messages(page).first.inner_text() == HOSTILE[0]
    assert page.locator("#messages script, #messages b, #messages i").count() == 0
    assert page.locator("#messages a").count() == 0
    page.locator(".entry").last.click()
    expect(page.locator("#detail")).to_be_visible()
    assert page.locator("#detail script, #detail img").count() == 0
    assert page.title() == "Smooch sandbox"
    assert dialogs == []
    page.script_errors.clear()  # type: ignore[attr-defined]  # the picture is not there


def test_every_content_type_and_button_is_shown(page: Page, fresh: Sandbox, api: Smooch) -> None:
    fresh.say("ana", "Hi")
    conversation = conversation_of(api, "ana")
    buttons: list[dict[str, Any]] = [
        {"type": "postback", "text": "Postback", "payload": "P"},
        {"type": "link", "text": "Link", "uri": "https://example.com/"},
        {"type": "webview", "text": "Webview", "uri": "https://example.com/", "fallback": "https://example.com/"},
        {"type": "buy", "text": "Buy", "amount": 1250, "currency": "usd"},
    ]
    api.messages.post_text(conversation, "Buttons", actions=buttons)
    api.messages.post_text(conversation, "Replies", actions=[{"type": "reply", "text": "Yes", "payload": "Y"}])
    api.messages.post_text(conversation, "Where?", actions=[{"type": "locationRequest", "text": "Here"}])
    items = [{"title": f"Mug {n}", "description": "350 ml", "actions": buttons[:1]} for n in range(3)]
    api.messages.post_carousel(conversation, items)
    api.messages.post_list(conversation, items)
    api.messages.post_location(conversation, 48.2, 16.37)
    api.messages.post_file(conversation, "https://example.com/price%20list.pdf")
    api.messages.post_image(conversation, f"{fresh.url}/_console/icon.svg", alt_text="A picture")
    expect(messages(page)).to_have_count(9)
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(messages(page).last).to_have_text("Yes")
    page.get_by_role("button", name="Here", exact=True).click()
    expect(messages(page).last).to_contain_text("45.5234")
    page.get_by_role("button", name="Buy (12.5 usd)").click()
    expect(messages(page).last).to_contain_text("tapped “Buy”")
    assert page.get_by_role("link", name="Webview").get_attribute("rel") == "noopener noreferrer"
    expect(page.get_by_role("img", name="A picture")).to_be_visible()
    expect(page.get_by_role("link", name="price list.pdf")).to_be_visible()


def test_files_channels_users_and_typing(page: Page, fresh: Sandbox, api: Smooch, tmp_path: Path) -> None:
    page.get_by_role("button", name="Add a user").click()
    page.get_by_label("Your own id").fill("bob")
    page.get_by_label("Channel").first.select_option("whatsapp")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#chat-title")).to_have_text("bob")
    write(page, "From WhatsApp")
    expect(messages(page)).to_have_count(1)
    (message,) = api.messages.list(conversation_of(api, "bob"))
    assert message.source.type_ == "whatsapp"
    file = tmp_path / "a <b>note.txt"
    file.write_text("Hello")
    page.locator("#file").set_input_files(file)
    expect(messages(page)).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save transcript").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["from"] for line in lines] == ["user", "user"]
    api.activities.send(conversation_of(api, "bob"), "typing:start")
    expect(page.locator("#typing")).to_have_text("The business is typing…")
    api.messages.post_text(conversation_of(api, "bob"), "Done")
    expect(page.locator("#typing")).to_have_text("")


def test_unread_messages_are_counted_and_read(page: Page, fresh: Sandbox, api: Smooch) -> None:
    fresh.say("ana", "Hi")
    fresh.say("bob", "Hi")
    people = page.get_by_role("list", name="Users and their conversations")
    people.get_by_role("button", name="bob").click()
    api.messages.post_text(conversation_of(api, "ana"), "One")
    api.messages.post_text(conversation_of(api, "ana"), "Two")
    expect(people.get_by_role("button", name="ana")).to_contain_text("2 unread")
    people.get_by_role("button", name="ana").click()
    expect(messages(page)).to_have_count(3)
    expect(people.get_by_role("button", name="ana")).not_to_contain_text("unread")


def test_the_log_shows_requests_deliveries_and_secrets_on_request(page: Page, fresh: Sandbox, api: Smooch) -> None:
    hook = api.webhooks.create(f"{fresh.url}/nowhere", ["conversation:message"], integration_id=fresh.integration_id)
    assert post(fresh, "users", {"externalId": "ana", "profile": {"givenName": 5}}).status_code == 400
    fresh.say("ana", "Hi")
    page.get_by_label("Show", exact=True).select_option("failed")
    page.get_by_role("option", name="users").click()
    detail = page.locator("#detail")
    expect(detail.locator("p.bad")).to_contain_text("givenName")
    page.get_by_label("Show", exact=True).select_option("request")
    page.get_by_role("option", name="webhooks").click()
    expect(detail).to_contain_text('"target"')
    assert hook.secret not in detail.inner_text()
    detail.locator("pre").last.get_by_role("button", name="Show the secret").click()
    assert hook.secret in detail.inner_text()
    page.get_by_label("Show", exact=True).select_option("delivery")
    delivery = page.get_by_role("option", name="conversation:message")
    expect(delivery).to_contain_text("404")
    delivery.click()
    detail.get_by_role("button", name="Deliver again").click()
    expect(detail.locator("td.bad")).to_have_count(2)
    page.get_by_label("Search the log").fill("no such text")
    expect(page.locator(".entry")).to_have_count(0)


def test_a_request_is_copied_as_code_that_runs(page: Page, fresh: Sandbox, api: Smooch) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fresh.say("ana", "Hi")
    api.messages.post_text(conversation_of(api, "ana"), "It's “quoted”")
    page.locator(".entry", has_text="messages").click()
    page.get_by_role("button", name="Copy as Python").click()
    expect(page.get_by_role("alert")).to_have_text("Copied.")
    code = page.evaluate("navigator.clipboard.readText()")
    assert "from smooch.v2 import Smooch" in code
    assert "api.messages.post(" in code
    code = code.replace("Smooch.from_env()", "api")
    exec(code, {"api": api})
    expect(messages(page)).to_have_count(3)
    page.get_by_role("button", name="Copy as curl").click()
    curl = page.evaluate("navigator.clipboard.readText()")
    assert "curl -X POST" in curl
    assert fresh.secret not in curl


def test_faults_are_one_click(page: Page, fresh: Sandbox, api: Smooch) -> None:
    page.get_by_role("button", name="Faults").click()
    page.get_by_role("button", name="Fail the next request").click()
    expect(page.get_by_role("button", name="Faults (1)")).to_be_visible()
    with pytest.raises(Exception, match="500"):
        api.users.create("ana")
    expect(page.locator("#fault-list li")).to_have_count(0)
    page.get_by_role("button", name="Drop the next request").click()
    expect(page.locator("#fault-list li")).to_have_count(1)
    page.get_by_role("button", name="Remove all faults").click()
    expect(page.locator("#fault-list li")).to_have_count(0)
    api.users.create("ana")


def test_it_works_by_keyboard(page: Page, bot: str) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("Hi")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_count(3)
    page.locator("#log-view").focus()
    page.keyboard.press("End")
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".entry[aria-selected=true]")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(
    browser: Browser, fresh: Sandbox, api: Smooch, bot: str, width: int, scheme: str
) -> None:
    fresh.say("ana", "Hi")
    fresh.say("ana", "order")
    fresh.wait_for_deliveries()
    api.messages.post_carousel(
        conversation_of(api, "ana"),
        [{"title": "Mug", "actions": [{"type": "link", "text": "See", "uri": "https://example.com"}]}],
    )
    page = open_console(browser, fresh, width=width, scheme=scheme)
    expect(page.get_by_role("form", name="Form")).to_be_visible()
    panes = ["Users", "Chat", "Log"] if width < 900 else [""]
    for pane in panes:
        if pane:
            page.get_by_role("button", name=pane, exact=True).click()
        if pane in ("", "Log"):
            page.get_by_role("button", name="Faults").click()
            page.locator(".entry").first.click()
            expect(page.locator("#detail")).to_be_visible()
        violations = [
            f"{violation['id']}: {violation['nodes'][0]['html']}"
            for violation in Axe().run(page).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert violations == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.screenshot(path=SCREENSHOTS / f"{scheme}-{width}-{pane or 'all'}.png")
    page.context.close()


def test_long_logs_and_conversations_stay_small_in_the_page(browser: Browser, fresh: Sandbox, api: Smooch) -> None:
    for number in range(1200):
        fresh.say("ana", f"message {number}")
    for _ in range(400):
        httpx.get(f"{fresh.url}/v2/apps/{fresh.app_id}")
    page = open_console(browser, fresh)
    expect(messages(page).last).to_have_text("message 1199")
    expect(page.locator("#log-space")).to_have_attribute("style", "height: 11200px;")
    assert page.locator(".entry").count() < 100
    page.get_by_role("button", name="Earlier messages").click()
    expect(messages(page)).to_have_count(300)
    assert page.locator("#messages").evaluate("view => view.scrollTop > 0")
    page.locator("#log-view").evaluate("view => view.scrollTop = 0")
    expect(page.locator("[data-index='0']")).to_be_visible()
    page.context.close()


def test_a_reset_empties_the_page(page: Page, fresh: Sandbox) -> None:
    write(page, "Hi")
    expect(messages(page)).to_have_count(1)
    httpx.post(f"{fresh.url}/_sandbox/reset").raise_for_status()
    expect(messages(page)).to_have_count(0)
    write(page, "Again")
    expect(messages(page)).to_have_count(1)
