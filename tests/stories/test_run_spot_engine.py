"""Story of a run of the engine of a Spot Group."""

from __future__ import annotations

from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    BALANCE_SPOT_POOL,
    CLOSE_SPOT_ENGINE,
    OBSERVE_SPOT_HOSTS,
    PLAN_SPOT_HOSTS,
    RUN_SPOT_ENGINE,
    TAKE_HOST_STEPS,
    EngineOrder,
    HostsObserved,
    HostsPlanned,
    StepsTaken,
)
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from tests.stories.tell import START, Answers, tell

ORDER = EngineOrder(tenant_id="contoso", spot_group_id="g")
STEPS = tuple(
    EngineStep(session_host_id=f"h{n}", action=EngineAction.BUILD, reason=Reason.HOSTS_MISSING, text="")
    for n in range(12)
)
QUIET: Answers = {
    OBSERVE_SPOT_HOSTS: HostsObserved(requested_at=START, silent=("h3",)),
    PLAN_SPOT_HOSTS: HostsPlanned(steps=STEPS),
    TAKE_HOST_STEPS: [StepsTaken(taken=10), StepsTaken(taken=1, left=1)],
    CLOSE_SPOT_ENGINE: Done(),
}


def test_what_is_planned_by_what_was_seen_is_done_ten_hosts_at_a_time() -> None:
    story = tell(RUN_SPOT_ENGINE, ORDER, QUIET)

    assert story.last(PLAN_SPOT_HOSTS)["observed"]["silent"] == ["h3"]
    assert [len(order["steps"]) for order in story.orders[TAKE_HOST_STEPS.name]] == [10, 2]
    assert (story.result.taken, story.result.left) == (11, 1)
    assert BALANCE_SPOT_POOL.name not in story.calls


def test_a_minute_with_nothing_to_do_calls_three_times() -> None:
    story = tell(RUN_SPOT_ENGINE, ORDER, {**QUIET, PLAN_SPOT_HOSTS: HostsPlanned()})
    assert story.calls == [OBSERVE_SPOT_HOSTS.name, PLAN_SPOT_HOSTS.name, CLOSE_SPOT_ENGINE.name]


def test_sessions_are_distributed_as_the_schedule_says_before_hosts_change() -> None:
    planned = HostsPlanned(steps=STEPS[:1], balancing=LoadBalancing.DEPTH_FIRST)
    script = {**QUIET, PLAN_SPOT_HOSTS: planned, BALANCE_SPOT_POOL: Done()}
    story = tell(RUN_SPOT_ENGINE, ORDER, script)
    assert story.last(BALANCE_SPOT_POOL)["balancing"] == "depthFirst"
    assert story.calls.index(BALANCE_SPOT_POOL.name) < story.calls.index(TAKE_HOST_STEPS.name)


def test_a_group_that_is_gone_is_not_planned() -> None:
    gone = Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    story = tell(RUN_SPOT_ENGINE, ORDER, {OBSERVE_SPOT_HOSTS: gone})
    assert story.calls == [OBSERVE_SPOT_HOSTS.name]
    assert story.result.refused == gone


def test_what_was_requested_meanwhile_gets_its_own_round() -> None:
    story = tell(RUN_SPOT_ENGINE, ORDER, {**QUIET, CLOSE_SPOT_ENGINE: NewerRequest()})
    assert story.continued is not None
    assert EngineOrder.model_validate(story.continued).round == 1
