"""The decisions of `ensure_webhook_exist`: the plan for one list of webhooks, and many callers at the same time."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from contextlib import ExitStack
from email.utils import formatdate
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smooch_api import Response

from smooch import errors
from smooch._async import v1
from smooch._webhook_reconciler import (
    Change,
    Goal,
    Hook,
    Options,
    Reconciler,
    is_same_target,
    is_settled,
    plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence

HERE = "https://here.example/hook"
THERE = "https://there.example/hook"
ELSEWHERE = "https://elsewhere.example/hook"
GOAL = Goal(("x",), HERE)
SECOND = 1_700_000_000
SETTINGS = v1.AsyncSmooch("app_5a", "a secret")._settings
ANSWER: Response[Any] = Response(201, b"{}", {}, None)


def hook_id(number: int, second: float = SECOND) -> str:
    return f"{int(second):08x}{number:016x}"


def hook(number: int, target: str, *triggers: str) -> Hook:
    return Hook(hook_id(number), target, triggers, f"secret {number}")


def create(*triggers: str, target: str = HERE) -> Change:
    return Change("create", "", target, triggers)


def update(number: int, target: str, *triggers: str) -> Change:
    return Change("update", hook_id(number), target, triggers)


def delete(number: int, target: str) -> Change:
    return Change("delete", hook_id(number), target)


# One list of webhooks


@pytest.mark.parametrize(
    ("hooks", "wanted", "carrier", "changes"),
    [
        pytest.param([], "x", None, [create("x")], id="nothing there: made"),
        pytest.param([hook(1, HERE, "x")], "x", 1, [], id="there: kept"),
        pytest.param([hook(1, HERE, "a", "x")], "x", 1, [], id="there among others: kept"),
        pytest.param(
            [hook(1, HERE, "x"), hook(2, THERE, "x", "a")], "x", 1, [], id="there and elsewhere: nothing written"
        ),
        pytest.param([hook(1, HERE, "a")], "x", None, [update(1, HERE, "a", "x")], id="same target: added"),
        pytest.param([hook(1, THERE, "a")], "x", None, [create("x")], id="another target without it: left alone"),
        pytest.param([hook(1, THERE, "x")], "x", None, [update(1, HERE, "x")], id="alone elsewhere: moved"),
        pytest.param(
            [hook(1, THERE, "a", "x", "b")],
            "x",
            None,
            [create("x"), update(1, THERE, "a", "b")],
            id="among others: taken",
        ),
        pytest.param(
            [hook(1, HERE, "a"), hook(2, THERE, "x", "b")],
            "x",
            None,
            [update(1, HERE, "a", "x"), update(2, THERE, "b")],
            id="same target, and among others elsewhere: added here, taken there",
        ),
        pytest.param(
            [hook(1, HERE, "a"), hook(2, THERE, "x")],
            "x",
            None,
            [update(1, HERE, "a", "x"), delete(2, THERE)],
            id="same target, and alone elsewhere: added here, gone there",
        ),
        pytest.param(
            [hook(2, THERE, "x"), hook(1, ELSEWHERE, "x")],
            "x",
            None,
            [update(1, HERE, "x"), delete(2, THERE)],
            id="alone in two places: the oldest moves, the other goes",
        ),
        pytest.param([hook(1, HERE, "*")], "x", 1, [], id="covered by all"),
        pytest.param([hook(1, HERE, "message")], "message:appUser", 1, [], id="covered by message"),
        pytest.param([hook(1, HERE, "*")], "message", 1, [], id="message covered by all"),
        pytest.param(
            [hook(1, HERE, "message")], "postback", None, [update(1, HERE, "message", "postback")], id="not by message"
        ),
        pytest.param(
            [hook(1, HERE, "*")], "typing:appUser", None, [update(1, HERE, "*", "typing:appUser")], id="not by all"
        ),
        pytest.param(
            [hook(1, HERE, "message:appUser", "message:appMaker")],
            "message",
            None,
            [update(1, HERE, "message:appUser", "message:appMaker", "message")],
            id="message is more than its parts",
        ),
        pytest.param([hook(1, HERE, "x")], "*", None, [update(1, HERE, "x", "*")], id="all is more than its parts"),
        pytest.param([hook(1, THERE, "*")], "x", None, [create("x")], id="covered elsewhere by all: left alone"),
        pytest.param(
            [hook(1, THERE, "message")], "message:appUser", None, [create("message:appUser")], id="elsewhere by message"
        ),
        pytest.param([hook(2, HERE, "x"), hook(1, HERE, "x")], "x", 1, [delete(2, HERE)], id="twice: the oldest stays"),
        pytest.param(
            [hook(1, HERE, "x", "a"), hook(2, HERE, "x", "b")],
            "x",
            1,
            [update(2, HERE, "b")],
            id="twice among others: the younger gives it up",
        ),
        pytest.param(
            [hook(1, HERE, "x", "a"), hook(2, HERE, "*")],
            "x",
            2,
            [update(1, HERE, "a")],
            id="covered and named: the name goes, since what covers cannot be taken apart",
        ),
        pytest.param([hook(1, HERE, "*"), hook(2, HERE, "*")], "x", 1, [], id="covered twice: nothing else is lost"),
        pytest.param(
            [hook(1, HERE, "*"), hook(2, HERE, "*")], "*", 1, [delete(2, HERE)], id="all twice: one is enough"
        ),
        pytest.param([hook(1, HERE, "x", "y")], "x y", 1, [], id="several: there"),
        pytest.param(
            [hook(1, HERE, "x")], "x y", None, [update(1, HERE, "x", "y")], id="several: the missing one added"
        ),
        pytest.param(
            [hook(1, HERE, "a"), hook(2, HERE, "y"), hook(3, HERE, "x")],
            "x y",
            None,
            [update(2, HERE, "y", "x"), delete(3, HERE)],
            id="several: in one webhook afterwards",
        ),
        pytest.param(
            [hook(1, HERE, "x"), hook(2, HERE, "y", "z", "a")],
            "x y z",
            None,
            [update(2, HERE, "y", "z", "a", "x"), delete(1, HERE)],
            id="several: in the webhook that has most of them",
        ),
        pytest.param(
            [hook(1, HERE, "x"), hook(2, HERE, "x", "*")],
            "x",
            2,
            [delete(1, HERE)],
            id="covered and named in one: the other goes",
        ),
        pytest.param(
            [hook(1, THERE, "x"), hook(2, ELSEWHERE, "y")],
            "x y",
            None,
            [update(1, HERE, "x", "y"), delete(2, ELSEWHERE)],
            id="several: from several places",
        ),
        pytest.param(
            [hook(1, THERE, "x", "y"), hook(2, ELSEWHERE, "y", "a")],
            "y x",
            None,
            [update(1, HERE, "y", "x"), update(2, ELSEWHERE, "a")],
            id="several: moved and taken",
        ),
        pytest.param([hook(1, HERE, "message")], "message:appUser message:appMaker", 1, [], id="several: covered"),
        pytest.param(
            [hook(1, "https://HERE.example:443/hook", "x")], "x", 1, [], id="the target spelled in another way"
        ),
        pytest.param([hook(1, HERE)], "x", None, [update(1, HERE, "x")], id="same target without triggers"),
        pytest.param([hook(1, THERE)], "x", None, [create("x")], id="another target without triggers"),
    ],
)
def test_each_rule(hooks: list[Hook], wanted: str, carrier: int | None, changes: list[Change]) -> None:
    carrying, planned = plan(hooks, Goal(tuple(wanted.split()), HERE))
    assert carrying == next((each for each in hooks if carrier and each.id == hook_id(carrier)), None)
    assert planned == changes


@pytest.mark.parametrize(
    ("hooks", "changes"),
    [
        ([hook(1, THERE, "x")], [create("x")]),
        ([hook(1, THERE, "x", "a")], [create("x")]),
        ([hook(1, HERE, "a"), hook(2, THERE, "x")], [update(1, HERE, "a", "x")]),
        ([hook(1, HERE, "x"), hook(2, HERE, "x"), hook(3, THERE, "x")], [delete(2, HERE)]),
    ],
)
def test_with_move_off_other_targets_keep_their_triggers(hooks: list[Hook], changes: list[Change]) -> None:
    assert plan(hooks, Goal(("x",), HERE, move=False))[1] == changes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HERE, HERE, True),
        ("https://a.example", "https://a.example/", True),
        ("https://A.example/x", "HTTPS://a.EXAMPLE:443/x", True),
        ("http://a.example:80/x", "http://a.example/x", True),
        ("https://a.example/ü", "https://a.example/%C3%BC", True),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example", True),
        ("no address", "no address", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://a.example/x", "https://a.example/x/", False),
        ("https://a.example/x", "https://a.example/X", False),
        ("https://a.example/x", "https://a.example/x?y=1", False),
        ("https://a.example/a%2Fb", "https://a.example/a/b", False),
        ("https://ana@a.example/x", "https://a.example/x", False),
        ("https://a.example:port/", "https://a.example/", False),
        ("https://\ud800.example/", "https://a.example/", False),
    ],
)
def test_targets_in_different_spellings_are_the_same(one: str, other: str, same: bool) -> None:
    assert is_same_target(one, other) is is_same_target(other, one) is same


TRIGGERS = ["x", "y", "z", "message:appUser", "message", "typing:appUser", "*"]
TARGETS = [HERE, "https://HERE.example/hook", THERE, ELSEWHERE]


@st.composite
def webhooks(draw: st.DrawFn, at_most: int = 10) -> list[Hook]:
    numbers = draw(st.lists(st.integers(1, 99), max_size=at_most, unique=True))
    subsets = st.lists(st.sampled_from(TRIGGERS), max_size=4, unique=True)
    return [hook(number, draw(st.sampled_from(TARGETS)), *draw(subsets)) for number in numbers]


some_triggers = st.lists(st.sampled_from(TRIGGERS), min_size=1, max_size=3, unique=True)


def apply(hooks: Iterable[Hook], change: Change) -> list[Hook]:
    """Return the webhooks after the API made a change."""
    if change.kind == "create":
        return [*hooks, hook(1000, change.target, *change.triggers)]
    assert change.hook_id in {each.id for each in hooks}
    changed = {"target": change.target, "triggers": change.triggers}
    return [
        attrs.evolve(each, **changed) if each.id == change.hook_id else each
        for each in hooks
        if change.kind == "update" or each.id != change.hook_id
    ]


def is_here(each: Hook) -> bool:
    return is_same_target(each.target, HERE)


def subscriptions(hooks: Iterable[Hook]) -> set[tuple[str, str]]:
    """Return the pairs of target and trigger."""
    return {(HERE if is_here(each) else each.target, trigger) for each in hooks for trigger in each.triggers}


def assert_carried_once(hooks: Sequence[Hook], wanted: Sequence[str]) -> None:
    carriers = [each for each in hooks if is_here(each) and each.covers(wanted)]
    naming = {each.id for each in hooks if is_here(each) and set(each.triggers) & set(wanted)}
    assert carriers
    # What covers by a wildcard cannot give up one trigger; apart from that, it is one webhook that has them all.
    assert naming <= {carriers[0].id} if len(carriers) == 1 else any(naming <= {each.id} for each in carriers)


@settings(max_examples=1000)
@given(webhooks(), some_triggers, st.booleans(), st.booleans())
def test_the_plan_leads_to_one_carrier_and_nothing_else_is_lost(
    before: list[Hook], wanted: list[str], move: bool, exact: bool
) -> None:
    goal = Goal(tuple(wanted), HERE, move=move, exact=exact)
    carrier, changes = plan(before, goal)
    hooks = before
    for change in changes:
        hooks = apply(hooks, change)
    if exact:
        assert [set(each.triggers) for each in hooks if is_here(each)] == [set(wanted)]
    else:
        assert_carried_once(hooks, wanted)
    carrying, remaining = plan(hooks, goal)
    assert carrying is not None
    assert not remaining

    lost = subscriptions(before) - subscriptions(hooks)
    assert {trigger for target, trigger in lost if not (exact and target == HERE)} <= set(wanted)
    if carrier is not None:
        assert carrying.id == carrier.id
        assert carrying.secret == carrier.secret
    if carrier is not None or not move:
        assert {target for target, _ in lost} <= {HERE}
    else:
        assert not any(set(each.triggers) & set(wanted) for each in hooks if not is_here(each))
    gained = subscriptions(hooks) - subscriptions(before)
    assert gained <= {(HERE, trigger) for trigger in wanted}
    assert all(is_here(each) or each.triggers for each in hooks if each not in before)


@given(webhooks(), some_triggers)
def test_an_existing_webhook_needs_no_write(hooks: list[Hook], wanted: list[str]) -> None:
    alone = [each for each in hooks if not is_here(each) or not set(each.triggers) & {*wanted, "*", "message"}]
    there = hook(500, HERE, *wanted, "a")
    assert plan([*alone, there], Goal(tuple(wanted), HERE)) == (there, [])


def test_options_of_deliveries_are_part_of_the_goal() -> None:
    def plan_for(wanted: Options, *hooks: Hook) -> tuple[Hook | None, list[Change]]:
        return plan(hooks, Goal(("x",), HERE, options=wanted))

    plain, full = ({"full": value} for value in (False, True))
    there, elsewhere = (attrs.evolve(hook(1, target, "x"), options=plain) for target in (HERE, THERE))
    richer = attrs.evolve(hook(2, HERE, "x", "y"), options=full)
    assert plan_for({}, there) == plan_for(plain, there) == (there, [])
    assert plan_for(full, there) == (None, [attrs.evolve(update(1, HERE, "x"), options=full)])
    assert plan_for(full, elsewhere) == (None, [attrs.evolve(update(1, HERE, "x"), options=full)])
    assert plan_for(full) == (None, [attrs.evolve(create("x"), options=full)])
    assert plan_for(full, there, richer) == (richer, [delete(1, HERE)])


# Time


def date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


@pytest.mark.parametrize(
    ("each", "at", "settled"),
    [
        (hook_id(1), date(SECOND), False),
        (hook_id(1), date(SECOND + 1), False),
        (hook_id(1), date(SECOND + 2), True),
        (hook_id(1), date(SECOND + 9999), True),
        (hook_id(1), date(SECOND - 9999), False),
        (hook_id(1), "", False),
        (hook_id(1), "yesterday", False),
        ("an id without a time", "", True),
        (hook_id(1).upper().replace("0", "A"), "", True),
    ],
)
def test_a_webhook_is_settled_when_no_older_one_can_appear(each: str, at: str, settled: bool) -> None:
    assert is_settled(Hook(each, HERE, ("x",)), at) is settled


def test_an_old_webhook_is_returned_at_once() -> None:
    there = hook(1, HERE, "x")
    assert Reconciler(GOAL).observe([there], date(SECOND + 2)) == there


def test_a_young_webhook_is_read_again_after_a_pause() -> None:
    reconciler = Reconciler(GOAL)
    there = hook(1, HERE, "x")
    assert reconciler.observe([there], date(SECOND)) is None
    assert reconciler.changes == []
    assert reconciler.pause > 1
    assert reconciler.observe([there], date(SECOND + 1)) == there


def test_an_older_webhook_that_appears_meanwhile_is_read_again_too() -> None:
    reconciler = Reconciler(GOAL)
    assert reconciler.observe([hook(2, HERE, "x")], date(SECOND)) is None
    assert reconciler.observe([hook(1, HERE, "x")], date(SECOND + 1)) is None
    assert reconciler.observe([hook(1, HERE, "x")], date(SECOND + 1)) == hook(1, HERE, "x")


@pytest.mark.parametrize("at", [date(SECOND + 1), date(SECOND + 3)], ids=["young", "settled"])
def test_a_caller_deletes_its_own_surplus_at_once_and_that_of_others_after_a_pause(at: str) -> None:
    reconciler = Reconciler(GOAL)
    assert reconciler.observe([], date(SECOND)) is None
    assert reconciler.changes == [create("x")]
    reconciler.created(ANSWER, hook_id(2))
    assert reconciler.observe([hook(n, HERE, "x") for n in (1, 2, 3)], at) is None
    assert reconciler.changes == [delete(2, HERE)]
    assert reconciler.pause == 0
    assert reconciler.observe([hook(n, HERE, "x") for n in (1, 3)], at) is None
    assert reconciler.changes == []
    assert reconciler.pause > 1
    assert reconciler.observe([hook(n, HERE, "x") for n in (1, 3)], date(SECOND + 3)) is None
    assert reconciler.changes == [delete(3, HERE)]
    assert reconciler.observe([hook(1, HERE, "x")], date(SECOND + 3)) == hook(1, HERE, "x")


def test_a_trigger_restored_by_another_caller_is_removed_again() -> None:
    reconciler = Reconciler(GOAL)
    hooks = [hook(1, HERE, "x"), hook(2, HERE, "x", "y")]
    assert reconciler.observe(hooks, date(SECOND + 3)) is None
    assert reconciler.changes == []
    for _ in range(2):
        assert reconciler.observe(hooks, date(SECOND + 3)) is None
        assert reconciler.changes == [update(2, HERE, "y")]
        assert reconciler.pause > 1
    assert reconciler.observe([hook(1, HERE, "x"), hook(2, HERE, "y")], date(SECOND + 3)) == hook(1, HERE, "x")


def test_after_an_error_response_nothing_changes_before_the_next_read() -> None:
    for kind, error in [("create", errors.BadRequest()), ("update", errors.NotFound()), ("update", errors.Conflict())]:
        reconciler = Reconciler(GOAL)
        hooks = [hook(1, THERE, "x", "a")] if kind == "create" else [hook(1, HERE, "a"), hook(2, THERE, "x")]
        reconciler.observe(hooks, date(SECOND))
        refused, *others = reconciler.changes
        assert refused.kind == kind
        assert others
        reconciler.on_error(refused, error)
        assert reconciler.changes == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("update", errors.BadRequest()),
        ("delete", errors.BadRequest()),
        ("create", errors.NotFound()),
        ("update", errors.Forbidden()),
    ],
)
def test_other_error_responses_are_raised(kind: Any, error: errors.APIError) -> None:
    with pytest.raises(type(error)):
        Reconciler(GOAL).on_error(Change(kind), error)


def test_a_refused_webhook_is_an_error_unless_another_caller_created_one() -> None:
    error = errors.BadRequest("ten already")
    for others, outcome in [([], None), ([hook(1, HERE, "x")], hook(1, HERE, "x"))]:
        reconciler = Reconciler(GOAL)
        reconciler.observe([], date(SECOND))
        reconciler.on_error(reconciler.changes[0], error)
        if outcome:
            assert reconciler.observe(others, date(SECOND + 5)) == outcome
        else:
            with pytest.raises(errors.BadRequest, match="ten already"):
                reconciler.observe(others, date(SECOND + 5))


def test_webhooks_that_keep_changing_end_in_an_error() -> None:
    reconciler = Reconciler(GOAL)
    for number in range(20):
        assert reconciler.observe([hook(number, THERE, "x")], date(SECOND)) is None
    with pytest.raises(errors.SmoochError, match="keep changing"):
        reconciler.observe([hook(20, THERE, "x")], date(SECOND))


# Many callers at the same time: the client's own loop, over a model of the API with its own clock


class Pause:
    """Awaited by a caller to let a number of seconds pass."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self.seconds


async def sleep(seconds: float) -> None:
    await Pause(seconds)


class World:
    """The webhooks of the API, a clock, and the callers. Hypothesis draws latencies and clock differences."""

    def __init__(self, hooks: Iterable[Hook], latency: Callable[[], float], skew: Callable[[], float]) -> None:
        self.hooks = {each.id: each for each in hooks}
        self.now = float(SECOND + 10)
        self.writes = 0
        self.latency = latency
        self._skew = skew
        self._numbers = itertools.count(1)

    def server_time(self) -> float:
        return self.now + self._skew()

    def write(self, change: Change) -> Hook | None:
        self.writes += 1
        if change.kind == "create":
            if len(self.hooks) >= 10:
                raise errors.BadRequest("An app can have 10 webhooks at most")
            number = next(self._numbers)
            # Within a second the order of ids is not the order of making: the machine's part comes first.
            created = Hook(
                hook_id((number * 7919) % 1000 * 10000 + number, self.server_time()), change.target, change.triggers
            )
            self.hooks[created.id] = attrs.evolve(created, secret=f"secret of {created.id}")
            return self.hooks[created.id]
        if change.hook_id not in self.hooks:
            raise errors.NotFound("Webhook not found")
        if change.kind == "delete":
            del self.hooks[change.hook_id]
        else:
            changed = {"target": change.target, "triggers": change.triggers}
            self.hooks[change.hook_id] = attrs.evolve(self.hooks[change.hook_id], **changed)
        return None

    def run(self, callers: Sequence[tuple[float, Coroutine[float, None, Any]]]) -> list[Any]:
        """Start each caller after its delay; returns the result or exception of each."""
        outcomes: list[Any] = [None] * len(callers)
        order = itertools.count()
        events = [(self.now + start, next(order), index) for index, (start, _) in enumerate(callers)]
        heapq.heapify(events)
        with ExitStack() as ending:
            for _, caller in callers:
                ending.callback(caller.close)
            while events:
                self.now, _, index = heapq.heappop(events)
                try:
                    wait = callers[index][1].send(None)
                except StopIteration as end:
                    outcomes[index] = end.value
                except errors.SmoochError as error:
                    outcomes[index] = error
                else:
                    heapq.heappush(events, (self.now + wait, next(order), index))
        return outcomes


class Caller(v1.AsyncSmooch):
    """The client, with a model in place of the API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = SETTINGS

    async def get_webhooks(self) -> Any:
        await sleep(self._world.latency())
        webhooks = [
            {"_id": each.id, "target": each.target, "triggers": list(each.triggers), "secret": each.secret}
            for each in self._world.hooks.values()
        ]
        headers = {"Date": date(self._world.server_time())}
        await sleep(self._world.latency())
        return SimpleNamespace(json=lambda: {"webhooks": webhooks}, headers=headers)

    async def _write(self, change: Change) -> Any:
        await sleep(self._world.latency())
        try:
            created = self._world.write(change)
        finally:
            await sleep(self._world.latency())
        return SimpleNamespace(parsed=SimpleNamespace(webhook=created))

    async def _post_webhook(self, target: str, triggers: Any, options: Any) -> Any:
        return await self._write(Change("create", "", target, tuple(triggers)))

    async def _put_webhook(self, webhook_id: str, target: str, triggers: Any, options: Any) -> Any:
        return await self._write(Change("update", webhook_id, target, tuple(triggers)))

    async def delete_webhook(self, webhook_id: str) -> Any:
        return await self._write(Change("delete", webhook_id))


@pytest.fixture
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v1, "async_sleep", sleep)


def new_world(data: st.DataObject, hooks: Iterable[Hook]) -> World:
    """Draw a world with latencies up to 0.3 s each way, and server clocks up to 0.2 s off."""
    random = data.draw(st.randoms(use_true_random=False))
    skews = [random.uniform(-0.2, 0.2) for _ in range(3)]
    return World(hooks, latency=lambda: random.uniform(0.001, 0.3), skew=lambda: random.choice(skews))


starts = st.lists(st.floats(0, 3), min_size=1, max_size=8)


@pytest.mark.usefixtures("own_clock")
@settings(max_examples=300)
@given(webhooks(at_most=9), some_triggers, st.booleans(), starts, st.data())
def test_all_callers_get_the_same_webhook_and_exactly_one_remains(
    before: list[Hook], wanted: list[str], move: bool, starts: list[float], data: st.DataObject
) -> None:
    world = new_world(data, before)
    calls = [(start, Caller(world).ensure_webhook_exist(wanted, HERE, move=move)) for start in starts]
    outcomes = world.run(calls)
    hooks = list(world.hooks.values())
    carrying, remaining = plan(hooks, Goal(tuple(wanted), HERE, move=move))
    assert carrying is not None
    assert not remaining
    assert outcomes == [(carrying.id, carrying.secret)] * len(starts)
    assert_carried_once(hooks, wanted)
    lost = subscriptions(before) - subscriptions(hooks)
    assert {trigger for _, trigger in lost} <= set(wanted)
    assert move or all(target == HERE for target, _ in lost)
    assert subscriptions(hooks) - subscriptions(before) <= {(HERE, trigger) for trigger in wanted}
    assert Counter(each.id for each in before) >= Counter(each.id for each in hooks if each.id != carrying.id)


@pytest.mark.usefixtures("own_clock")
@settings(max_examples=50)
@given(starts, st.data())
def test_settled_webhooks_cost_one_request_per_caller(starts: list[float], data: st.DataObject) -> None:
    world = new_world(data, [hook(1, HERE, "x")])
    outcomes = world.run([(start, Caller(world).ensure_webhook_exist("x", HERE)) for start in starts])
    assert outcomes == [(hook_id(1), "secret 1")] * len(starts)
    assert world.writes == 0
    assert world.now < SECOND + 10 + max(starts) + 0.7


@pytest.mark.usefixtures("own_clock")
@settings(max_examples=300)
@given(
    webhooks(at_most=5), st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0, 3)), min_size=2, max_size=8), st.data()
)
def test_callers_with_other_triggers_do_not_undo_each_other(
    before: list[Hook], callers: list[tuple[str, float]], data: st.DataObject
) -> None:
    world = new_world(data, before)
    calls = [(start, Caller(world).ensure_webhook_exist(trigger, HERE)) for trigger, start in callers]
    outcomes = world.run(calls)
    hooks = list(world.hooks.values())
    for (trigger, _), outcome in zip(callers, outcomes, strict=True):
        carrying, remaining = plan(hooks, Goal((trigger,), HERE))
        assert carrying is not None
        assert not remaining
        assert outcome == (carrying.id, carrying.secret)
    lost = subscriptions(before) - subscriptions(hooks)
    assert {trigger for _, trigger in lost} <= {trigger for trigger, _ in callers}


@pytest.mark.usefixtures("own_clock")
@settings(max_examples=50)
@given(starts, st.data())
def test_with_ten_other_webhooks_every_caller_gets_an_error_and_nothing_is_lost(
    starts: list[float], data: st.DataObject
) -> None:
    before = [hook(number, THERE, "x", "a") for number in range(1, 11)]
    world = new_world(data, before)
    outcomes = world.run([(start, Caller(world).ensure_webhook_exist("x", HERE)) for start in starts])
    assert [type(outcome) for outcome in outcomes] == [errors.BadRequest] * len(starts)
    assert list(world.hooks.values()) == before
