"""Decide which changes make exactly one webhook deliver the wanted triggers to one target; no I/O.

Several processes may decide at the same time, and the API has no locks. So all of them must choose the same webhook: the
oldest, by its id, which begins with the second of its creation. A webhook counts as settled when that second is over,
since from then on no older one can appear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import httpx
from smooch_api import UNSET

from . import _checks
from .errors import BadRequest, Conflict, InvalidInput, NotFound, SmoochError, invalid_answer, parse_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smooch_api import Response

SETTLING_SECONDS = 1.5
"""One second, in which an older id may still appear, and a margin for the clocks of the API's servers."""

Options: TypeAlias = Mapping[str, bool]
NO_OPTIONS: Options = MappingProxyType({})

_MAX_ROUNDS = 20
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
    """What its deliveries include, where that can be chosen."""
    source: Any = attrs.field(default=None, repr=False, eq=False)
    """The webhook as it was in the response."""

    def without(self, triggers: Sequence[str]) -> Hook:
        """Return the webhook without these triggers."""
        return attrs.evolve(self, triggers=tuple(trigger for trigger in self.triggers if trigger not in triggers))

    def covers(self, triggers: Iterable[str]) -> bool:
        """Whether the webhook receives each of these triggers."""
        return all(self._covers(trigger) for trigger in triggers)

    def delivers(self, options: Options) -> bool:
        """Whether its deliveries include what is wanted."""
        return options.items() <= self.options.items()

    def _covers(self, trigger: str) -> bool:
        return (
            trigger in self.triggers
            or ("*" in self.triggers and trigger not in _NOT_COVERED_BY_ALL)
            or ("message" in self.triggers and trigger in _MESSAGE_TRIGGERS)
        )


@attrs.frozen
class Change:
    """One write: create, update or delete a webhook."""

    kind: Literal["create", "update", "delete"]
    hook_id: str = ""
    target: str = ""
    triggers: tuple[str, ...] = ()
    options: Options = NO_OPTIONS


def plan(
    hooks: Sequence[Hook], wanted: Sequence[str], target: str, *, move: bool, options: Options = NO_OPTIONS
) -> tuple[Hook | None, list[Change]]:
    """Return the webhook that delivers the triggers to the target, if there is one, and the changes that are missing."""
    hooks = sorted(hooks, key=lambda hook: hook.id)
    here = [hook for hook in hooks if same_target(hook.target, target)]
    elsewhere = [hook for hook in hooks if hook not in here]
    if carriers := [hook for hook in here if hook.covers(wanted) and hook.delivers(options)]:
        # A webhook that covers a trigger by `*` or `message` cannot give up that one trigger; one that lists it can.
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


class Reconciler:
    """One caller's steps to the webhook that all callers agree on: list, change, list again until it is settled."""

    def __init__(self, wanted: Sequence[str], target: str, *, move: bool, options: Options = NO_OPTIONS) -> None:
        self._wanted = wanted
        self._target = target
        self._move = move
        self._options = options
        self._rounds = 0
        self._created: set[str] = set()
        self._seen = ""
        self._waited_for_others = False
        self._failure: SmoochError | None = None
        self.changes: list[Change] = []
        self.pause = SETTLING_SECONDS

    def observe(self, hooks: Sequence[Hook], date: str) -> Hook | None:
        """Return the webhook once it is settled; until then make `changes`, wait `pause` seconds, and list again.

        `date` is the `Date` header of the API's answer.
        """
        carrier, changes = plan(hooks, self._wanted, self._target, move=self._move, options=self._options)
        settled = carrier is not None and (carrier.id == self._seen or is_settled(carrier, date))
        if carrier is not None and settled and not changes:
            return carrier
        self._rounds += 1
        if self._rounds > _MAX_ROUNDS or (carrier is None and self._failure):
            raise self._failure or SmoochError(
                f"the app's webhooks keep changing, so none for {self._target} could be confirmed: call again later"
            )
        if carrier is not None:
            changes = self._due(changes, settled=settled)
        self._seen = carrier.id if carrier else ""
        self.changes = changes
        # A deletion is final; a change may be overwritten by a caller that has not seen it yet.
        deleting = carrier is not None and {change.kind for change in changes} == {"delete"}
        self.pause = 0.0 if deleting else SETTLING_SECONDS
        return None

    def created(self, answer: Response[Any], hook_id: object) -> None:
        """Note the id of the webhook that was created.

        Raises:
            UnreadableResponse: the id is no text.
        """
        if not isinstance(hook_id, str):
            raise invalid_answer(answer, "the id of the webhook is no text", method="POST")
        self._created.add(hook_id)
        self._seen = hook_id

    def on_error(self, change: Change, error: SmoochError) -> None:
        """Handle a refused change: list again before any other, since another caller may have changed or deleted it."""
        if change.kind == "create" and isinstance(error, BadRequest):
            self._failure = error
        elif not isinstance(error, Conflict) and (change.kind == "create" or not isinstance(error, NotFound)):
            raise error
        self.changes.clear()

    def _due(self, surplus: list[Change], *, settled: bool) -> list[Change]:
        """Return what this caller removes now: what it created itself; what others created only if they do not remove it."""
        own = [change for change in surplus if change.hook_id in self._created]
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


def read_hooks(answer: Response[Any], listed: Iterable[tuple[Any, ...]]) -> list[Hook]:
    """Return the webhooks of an answer, of which `listed` has the fields of `Hook`, each as the API sent it.

    A webhook without a usable id or target is left out: it receives nothing and cannot be changed.

    Raises:
        UnreadableResponse: the triggers of a webhook are no texts, so that to change it might lose some.
    """
    hooks = []
    for hook_id, target, triggers, secret, options, source in listed:
        triggers = [] if triggers is None or triggers is UNSET else triggers
        if not isinstance(triggers, list) or not all(map(_checks.is_text, triggers)):
            raise invalid_answer(answer, "the triggers of a webhook are no list of texts")
        with suppress(InvalidInput):
            _checks.check_id(hook_id, "id")
            _checks.check_target(target)
            hooks.append(
                Hook(hook_id, target, tuple(triggers), secret if isinstance(secret, str) else "", options, source)
            )
    return hooks


def is_settled(hook: Hook, date: str) -> bool:
    """Whether no older webhook can appear any more, by the API's own clock (the `Date` header of its answer)."""
    if not re.fullmatch(r"[0-9a-f]{24}", hook.id):
        return True
    now = parse_date(date)
    return now is not None and now - int(hook.id[:8], 16) >= 2


def same_target(one: str, other: str) -> bool:
    """Whether two URLs are equal apart from their spelling."""
    try:
        return one == other or _normalize(one) == _normalize(other)
    except (httpx.InvalidURL, ValueError):
        return False


def _normalize(url: str) -> tuple[object, ...]:
    parsed = httpx.URL(url)
    port = parsed.port or _PORTS.get(parsed.scheme)
    return parsed.scheme, parsed.userinfo, parsed.raw_host, port, parsed.raw_path
