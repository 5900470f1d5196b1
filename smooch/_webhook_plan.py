"""Which changes make one webhook carry the wanted triggers to one target: pure decisions, no I/O.

Several processes may decide at the same time, and the API has no locks. So all of them must choose the same webhook: the
oldest, by its id, which begins with the second of its making. A webhook counts as settled when that second is over, since
from then on no older one can appear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import httpx

from ._bodies import check_text
from .errors import BadRequest, Conflict, InvalidInput, NotFound, SmoochError

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTLING_SECONDS = 1.5
"""A second, during which an older id may appear, and a margin for the clocks of the API's servers."""

Options: TypeAlias = Mapping[str, bool]
NO_OPTIONS: Options = MappingProxyType({})

_ROUNDS_AT_MOST = 20
_MESSAGE_TRIGGERS = frozenset({"message", "message:appUser", "message:appMaker"})
_PORTS = {"http": 80, "https": 443}
_NOT_COVERED_BY_ALL = frozenset({"typing:appUser"})


@attrs.frozen
class Hook:
    """A webhook as the API lists it."""

    id: str
    target: str
    triggers: tuple[str, ...]
    secret: str = attrs.field(default="", repr=False)
    options: Options = NO_OPTIONS
    """How its deliveries are to look, where that can be chosen: what a webhook of v2 includes."""

    @classmethod
    def listed(cls, answer: Mapping[str, Any]) -> list[Hook]:
        """From the API's list; an item without id or target is not one that could be changed."""
        return [
            cls(item["_id"], item["target"], tuple(item.get("triggers") or ()), item.get("secret", ""))
            for item in answer["webhooks"]
            if isinstance(item, dict) and item.get("_id") and item.get("target")
        ]

    def without(self, triggers: Sequence[str]) -> Hook:
        """The webhook when it has given up these triggers."""
        return attrs.evolve(self, triggers=tuple(trigger for trigger in self.triggers if trigger not in triggers))

    def covers(self, triggers: Iterable[str]) -> bool:
        """Whether each of these triggers is delivered."""
        return all(self._covers(trigger) for trigger in triggers)

    def delivers(self, options: Options) -> bool:
        """Whether deliveries look as they are wanted."""
        return options.items() <= self.options.items()

    def _covers(self, trigger: str) -> bool:
        return (
            trigger in self.triggers
            or ("*" in self.triggers and trigger not in _NOT_COVERED_BY_ALL)
            or ("message" in self.triggers and trigger in _MESSAGE_TRIGGERS)
        )


@attrs.frozen
class Change:
    """One write: make a webhook, give one other triggers or another target, or delete one."""

    kind: Literal["create", "update", "delete"]
    hook_id: str = ""
    target: str = ""
    triggers: tuple[str, ...] = ()
    options: Options = NO_OPTIONS


def plan(
    hooks: Sequence[Hook], wanted: Sequence[str], target: str, *, move: bool, options: Options = NO_OPTIONS
) -> tuple[Hook | None, list[Change]]:
    """The webhook that carries the triggers to the target, if there is one, and what is left to change."""
    hooks = sorted(hooks, key=lambda hook: hook.id)
    here = [hook for hook in hooks if same_target(hook.target, target)]
    elsewhere = [hook for hook in hooks if hook not in here]
    if carriers := [hook for hook in here if hook.covers(wanted) and hook.delivers(options)]:
        # One that covers by `*` or `message` cannot give up a single trigger, one that lists it can.
        carrier = min(carriers, key=lambda hook: (not hook.without(wanted).covers(wanted), hook.id))
        return carrier, _without(wanted, [hook for hook in here if hook is not carrier])
    sources = elsewhere if move else []
    movable = [hook for hook in sources if hook.triggers and set(hook.triggers) <= set(wanted)]
    if here:
        base = max(here, key=lambda hook: sum(hook.covers([trigger]) for trigger in wanted))
        missing = tuple(trigger for trigger in wanted if not base.covers([trigger]))
        change = Change("update", base.id, base.target, base.triggers + missing, options)
    elif movable:
        change = Change("update", movable[0].id, target, tuple(wanted), options)
    else:
        change = Change("create", "", target, tuple(wanted), options)
    others = [hook for hook in (*here, *sources) if hook.id != change.hook_id]
    return None, [change, *_without(wanted, others)]


class Negotiation:
    """One caller's way to the webhook that all callers agree on: look, change, look again until it is settled."""

    def __init__(self, wanted: Sequence[str], target: str, *, move: bool, options: Options = NO_OPTIONS) -> None:
        self._wanted = wanted
        self._target = target
        self._move = move
        self._options = options
        self._rounds = 0
        self._made: set[str] = set()
        self._seen = ""
        self._waited_for_others = False
        self._failure: SmoochError | None = None
        self.changes: list[Change] = []
        self.pause = SETTLING_SECONDS

    def look(self, hooks: Sequence[Hook], date: str) -> Hook | None:
        """The webhook, once it is settled; until then `changes` says what to do, and `pause` how long to wait after.

        `date` is the `Date` of the API's answer.
        """
        carrier, changes = plan(hooks, self._wanted, self._target, move=self._move, options=self._options)
        settled = carrier is not None and (carrier.id == self._seen or is_settled(carrier, date))
        if carrier is not None and settled and not changes:
            return carrier
        self._rounds += 1
        if self._rounds > _ROUNDS_AT_MOST or (carrier is None and self._failure):
            raise self._failure or SmoochError(f"the app's webhooks keep changing; {self._target} did not settle")
        if carrier is not None:
            changes = self._due(changes, settled=settled)
        self._seen = carrier.id if carrier else ""
        self.changes = changes
        # What is deleted stays so; what is changed may be overwritten by a caller that has not seen the change.
        deleting = carrier is not None and {change.kind for change in changes} == {"delete"}
        self.pause = 0.0 if deleting else SETTLING_SECONDS
        return None

    def made(self, hook_id: str) -> None:
        """A webhook was made."""
        self._made.add(hook_id)
        self._seen = hook_id

    def failed(self, change: Change, error: SmoochError) -> None:
        """A change was refused: look again before any other, since what another caller changed or deleted is no failure."""
        if change.kind == "create" and isinstance(error, BadRequest):
            self._failure = error
        elif not isinstance(error, Conflict) and (change.kind == "create" or not isinstance(error, NotFound)):
            raise error
        self.changes.clear()

    def _due(self, surplus: list[Change], *, settled: bool) -> list[Change]:
        """What this caller removes now: its own; what others made only if they do not do so themselves."""
        own = [change for change in surplus if change.hook_id in self._made]
        if own or not settled:
            return own
        due = surplus if self._waited_for_others else []
        self._waited_for_others = True
        return due


def _without(wanted: Sequence[str], hooks: Iterable[Hook]) -> list[Change]:
    changes = []
    for hook in hooks:
        left = hook.without(wanted).triggers
        if left != hook.triggers:
            changes.append(Change("update" if left else "delete", hook.id, hook.target, left))
    return changes


def is_settled(hook: Hook, date: str) -> bool:
    """Whether no older webhook can appear any more, by the API's own clock (the `Date` of its answer)."""
    if not re.fullmatch(r"[0-9a-f]{24}", hook.id):
        return True
    try:
        now = parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return False
    return now - int(hook.id[:8], 16) >= 2


def same_target(one: str, other: str) -> bool:
    """Whether two addresses differ in spelling at most."""
    try:
        return one == other or _spelled(one) == _spelled(other)
    except (httpx.InvalidURL, ValueError):
        return False


def _spelled(address: str) -> tuple[object, ...]:
    url = httpx.URL(address)
    return url.scheme, url.userinfo, url.raw_host, url.port or _PORTS.get(url.scheme), url.raw_path


def check_target(target: object, field: str = "target") -> str:
    """Refuse what cannot be the target of a webhook."""
    if not isinstance(target, str):
        raise InvalidInput(f"{field} must be a string such as https://example.com/hook, not {target!r}", field)
    try:
        url = httpx.URL(check_text(target, field))
    except httpx.InvalidURL as error:
        raise InvalidInput(f"{field} {target!r} is not an address: {error}", field) from None
    if url.scheme not in ("http", "https") or not url.raw_host or target != target.strip() or " " in target:
        raise InvalidInput(f"{field} must be a full address such as https://example.com/hook, not {target!r}", field)
    return target


def check_triggers(triggers: object, field: str = "triggers") -> tuple[str, ...]:
    """One trigger or several, without repetition."""
    if isinstance(triggers, Mapping | bytes) or not isinstance(triggers, Iterable):
        raise InvalidInput(f"{field} must be a trigger or a list of them, not {triggers!r}", field)
    names = [triggers] if isinstance(triggers, str) else list(triggers)
    for name in names:
        if not isinstance(name, str) or not name or name != name.strip():
            raise InvalidInput(
                f"{field} must be a name such as message:appUser (v1) or conversation:message (v2), not {name!r}", field
            )
        check_text(name, field)
    if not names:
        raise InvalidInput(f"{field} must name one trigger at least", field)
    return tuple(dict.fromkeys(sorted(names) if isinstance(triggers, Set) else names))
