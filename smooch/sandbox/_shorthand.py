"""Expand shorthand in texts of the business into buttons, pictures and stored templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._entities import JsonObject

_TEXTS = ("markdownText", "htmlText", "text")
_OWN = frozenset({*_TEXTS, "type", "actions", "payload"})

_TEMPLATE = re.compile(r"%(?:\(\(\s*template:\s*(\S+?)\s*\)\)|\{\{\s*template:\s*(\S+?)\s*\}\})%")
_WHATSAPP_TEMPLATE = re.compile(r"&\(\((.*?)\)\)&", re.DOTALL)
_FALLBACK = re.compile(r"\bfallback=\[\[(.*?)\]\]", re.DOTALL)
_BUTTON = re.compile(r"%\[([^\[\]]+)\]\((?:(https?://[^\s()]+)|(reply|postback):([^()]*)|(location))\)")
_BUY = re.compile(r"\$\[([^\[\]]+)\]\((\d+(?:\.\d{1,2})?)\)")
_IMAGE = re.compile(r"!\[\]\((https?://[^\s()]+)\)")


def expand(post: JsonObject, templates: Mapping[str, JsonObject]) -> list[JsonObject]:
    """Return the messages of a post: one, or several if its text contains a template.

    `templates` are messages by their names. Shorthand that does not parse, or names no template, stays text. A template of
    WhatsApp becomes its fallback, which is what all other channels show.
    """
    field = next((name for name in _TEXTS if name in post), None)
    if post.get("type", "text") != "text" or field is None:
        return [post]
    parts = list(_split_templates(post[field], templates))
    if not any(isinstance(part, dict) for part in parts):
        return [_extract_elements(post, field)]
    author = {name: value for name, value in post.items() if name not in _OWN}
    return [
        {**part, **author} if isinstance(part, dict) else _extract_elements({**post, field: part}, field)
        for part in parts
    ]


def _split_templates(text: str, templates: Mapping[str, JsonObject]) -> Iterator[str | JsonObject]:
    """Yield the templates of a text, and the text around them if any."""
    start = 0
    for match in _TEMPLATE.finditer(text):
        template = templates.get(match[1] or match[2])
        if template is not None:
            if before := text[start : match.start()].strip():
                yield before
            yield template
            start = match.end()
    if rest := text[start:].strip():
        yield rest


def _extract_elements(post: JsonObject, field: str) -> JsonObject:
    """Move buttons and the first picture out of the text."""
    text = _WHATSAPP_TEMPLATE.sub(_read_fallback, post[field])
    buttons: list[tuple[int, JsonObject]] = [(match.start(), _build_button(match)) for match in _BUTTON.finditer(text)]
    buttons += [(match.start(), _build_buy_button(match)) for match in _BUY.finditer(text)]
    image = _IMAGE.search(text)
    if text == post[field] and not buttons and image is None:
        return post
    text = _BUY.sub("", _BUTTON.sub("", text))
    if image is not None:
        text = text.replace(image[0], "", 1)
    changed = {**post, field: re.sub(r"[ \t]{2,}", " ", text).strip()}
    if not changed[field] and (buttons or image):
        del changed[field]
    if buttons:
        buttons.sort(key=lambda each: each[0])
        changed["actions"] = [*post.get("actions", []), *(action for _, action in buttons)]
    if image is not None:
        changed |= {"type": "image", "mediaUrl": image[1]}
    return changed


def _read_fallback(match: re.Match[str]) -> str:
    fallback = _FALLBACK.search(match[1])
    return match[0] if fallback is None else fallback[1]


def _build_button(match: re.Match[str]) -> JsonObject:
    text, link, kind, payload, _ = match.groups()
    if link:
        return {"type": "link", "text": text, "uri": link}
    if kind:
        return {"type": kind, "text": text, "payload": payload}
    return {"type": "locationRequest", "text": text}


def _build_buy_button(match: re.Match[str]) -> JsonObject:
    return {"type": "buy", "text": match[1], "amount": round(float(match[2]) * 100)}
