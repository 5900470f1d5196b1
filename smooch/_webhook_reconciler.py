"""Decide which changes make one webhook deliver the wanted triggers to one target; no I/O.

The docstrings of `ensure_webhook_exist` and `webhooks.ensure` state the rules, the same in every version of the API.

Several processes may decide at the same time, and the API has no locks. So all of them must choose the same webhook: the
oldest, by its id, which begins with the second of its creation. A webhook counts as settled when that second is over,
since from then on no older one can appear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import httpx

from . import _checks
from .errors import BadRequest, Conflict, InvalidInput, NotFound, SmoochError, error_from_invalid_response, parse_date

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

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
    """Optional contents of its deliveries."""
    is_outdated: bool = False
    """Whether its deliveries have the shape of an older version of the API, which cannot be changed."""
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

    def is_movable(self, triggers: Collection[str]) -> bool:
        """Whether the webhook can get another target, since it has none but these triggers."""
        return bool(self.triggers) and set(self.triggers) <= set(triggers) and not self.is_outdated

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


@attrs.frozen
class Goal:
    """The wanted state: triggers delivered to a target, with these options.

    Args:
        move: Whether webhooks with other targets give the triggers up.
        exact: Whether the target gets no other triggers.
    """

    triggers: tuple[str, ...]
    target: str
    options: Options = NO_OPTIONS
    move: bool = True
    exact: bool = False

    def is_reached_by(self, hook: Hook) -> bool:
        """Whether a webhook with this target delivers what is wanted."""
        has_triggers = set(hook.triggers) == set(self.triggers) if self.exact else hook.covers(self.triggers)
        return has_triggers and not hook.is_outdated and hook.delivers(self.options)


def plan(hooks: Sequence[Hook], goal: Goal) -> tuple[Hook | None, list[Change]]:
    """Return the webhook that reaches the goal, if any, and the changes that are missing."""
    hooks = sorted(hooks, key=lambda hook: hook.id)
    matching = [hook for hook in hooks if is_same_target(hook.target, goal.target)]
    elsewhere = [hook for hook in hooks if hook not in matching] if goal.move else []
    if reaching := [hook for hook in matching if goal.is_reached_by(hook)]:
        # A webhook that covers a trigger by `*` or `message` cannot give up that one trigger; one that lists it can.
        chosen = min(reaching, key=lambda hook: (not hook.without(goal.triggers).covers(goal.triggers), hook.id))
        return chosen, _release(goal, [hook for hook in matching if hook is not chosen], on_target=True)
    if up_to_date := [hook for hook in matching if not hook.is_outdated]:
        base = max(up_to_date, key=lambda hook: sum(hook.covers([trigger]) for trigger in goal.triggers))
        missing = tuple(trigger for trigger in goal.triggers if not base.covers([trigger]))
        triggers = goal.triggers if goal.exact else base.triggers + missing
        change = Change("update", base.id, base.target, triggers, goal.options)
    elif movable := [hook for hook in elsewhere if hook.is_movable(goal.triggers)]:
        change = Change("update", movable[0].id, goal.target, goal.triggers, goal.options)
    else:
        change = Change("create", "", goal.target, goal.triggers, goal.options)
    others = [[hook for hook in group if hook.id != change.hook_id] for group in (matching, elsewhere)]
    return None, [change, *_release(goal, others[0], on_target=True), *_release(goal, others[1], on_target=False)]


class Reconciler:
    """One caller's steps to the webhook that all callers agree on.

    It lists, changes, and lists again until the webhook is settled.

    Args:
        goal: What the caller wants.
        confirm_after: Seconds between a change and the next list; None for `SETTLING_SECONDS`.
    """

    def __init__(self, goal: Goal, confirm_after: float | None = None) -> None:
        self._goal = goal
        self._confirm_after = (
            SETTLING_SECONDS
            if confirm_after is None
            else _checks.check_seconds(confirm_after, "confirm_after", zero=True)
        )
        self._rounds = 0
        self._created: set[str] = set()
        self._seen = ""
        self._waited_for_others = False
        self._failure: SmoochError | None = None
        self.changes: list[Change] = []
        self.pause = self._confirm_after

    def observe(self, hooks: Sequence[Hook], date: str) -> Hook | None:
        """Return the webhook once it is settled.

        Until then make `changes`, wait `pause` seconds, and list again.

        `date` is the `Date` header of the API's response.
        """
        chosen, changes = plan(hooks, self._goal)
        settled = chosen is not None and (chosen.id == self._seen or is_settled(chosen, date))
        if chosen is not None and settled and not changes:
            return chosen
        self._rounds += 1
        if self._rounds > _MAX_ROUNDS or (chosen is None and self._failure):
            raise self._failure or SmoochError(
                f"the app's webhooks keep changing, so none for {self._goal.target} could be confirmed: call again later"
            )
        if chosen is not None:
            changes = self._choose_due(changes, settled=settled)
        self._seen = chosen.id if chosen else ""
        self.changes = changes
        # A deletion is final; a change may be overwritten by a caller that has not seen it yet.
        deleting = chosen is not None and {change.kind for change in changes} == {"delete"}
        self.pause = 0.0 if deleting else self._confirm_after
        return None

    def created(self, response: Response[Any], hook_id: object) -> None:
        """Note the id of the webhook that was created.

        Raises:
            UnreadableResponse: the id is not a string.
        """
        if not isinstance(hook_id, str):
            raise error_from_invalid_response(response, "the id of the webhook is not a string", method="POST")
        self._created.add(hook_id)
        self._seen = hook_id

    def on_error(self, change: Change, error: SmoochError) -> None:
        """Handle a refused change.

        The webhooks are listed again before any other change: another caller may have changed or deleted them.
        """
        if change.kind == "create" and isinstance(error, BadRequest):
            self._failure = error
        elif not isinstance(error, Conflict) and (change.kind == "create" or not isinstance(error, NotFound)):
            raise error
        self.changes.clear()

    def _choose_due(self, surplus: list[Change], *, settled: bool) -> list[Change]:
        """Return what this caller removes now.

        That is what it created itself, and what others created if they do not remove it.
        """
        own = [change for change in surplus if change.hook_id in self._created]
        if own or not settled:
            return own
        due = surplus if self._waited_for_others else []
        self._waited_for_others = True
        return due


def _release(goal: Goal, hooks: Iterable[Hook], *, on_target: bool) -> list[Change]:
    """Return the changes by which webhooks give up the triggers of the goal."""
    changes = []
    for hook in hooks:
        remaining = hook.without(goal.triggers).triggers
        if on_target and goal.exact:
            changes.append(Change("delete", hook.id, hook.target))
        elif remaining != hook.triggers:
            changes.append(Change("update" if remaining else "delete", hook.id, hook.target, remaining))
    return changes


def read_hook(response: Response[Any], **fields: Any) -> Hook | None:
    """Return a webhook of a response from its fields; None if its id or target cannot be used.

    Such a webhook receives nothing and cannot be changed.

    Raises:
        UnreadableResponse: its triggers are not strings, so a change might lose some.
    """
    triggers = fields["triggers"] or []
    if not isinstance(triggers, list) or not all(map(_checks.is_text, triggers)):
        raise error_from_invalid_response(response, "the triggers of a webhook are not a list of strings")
    try:
        _checks.check_id(fields["id"], "id")
        _checks.check_target(fields["target"])
    except InvalidInput:
        return None
    secret = fields["secret"] if isinstance(fields["secret"], str) else ""
    return Hook(**fields | {"triggers": tuple(triggers), "secret": secret})


def is_settled(hook: Hook, date: str) -> bool:
    """Whether no older webhook can appear any more.

    Decided by the API's own clock, the `Date` header of its response.
    """
    if not re.fullmatch(r"[0-9a-f]{24}", hook.id):
        return True
    now = parse_date(date)
    return now is not None and now - int(hook.id[:8], 16) >= 2


def is_same_target(one: str, other: str) -> bool:
    """Whether two URLs are equal apart from their spelling."""
    try:
        return one == other or _normalize(one) == _normalize(other)
    except (httpx.InvalidURL, ValueError):
        return False


def _normalize(url: str) -> tuple[object, ...]:
    parsed = httpx.URL(url)
    port = parsed.port or _PORTS.get(parsed.scheme)
    return parsed.scheme, parsed.userinfo, parsed.raw_host, port, parsed.raw_path
