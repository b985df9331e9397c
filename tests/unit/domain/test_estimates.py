"""When a Cloud PC should be ready: a range that is learned, and why it takes longer than usual."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cloud_pcs.build import ORDER, Failure, Resources, Step, TimelineEntry
from shared.domain.cloud_pcs.estimates import (
    ENOUGH,
    BuildTimes,
    Estimates,
    Histogram,
    end_range,
    histogram,
)
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import Progress, progress
from shared.domain.networks.connection import JoinType
from shared.services.operations.estimating import places
from tests.integration import things

NOW = things.NOW
ENTRA = JoinType.AZURE_AD_JOIN
DURATIONS = st.lists(st.floats(1, 100_000), min_size=1, max_size=40)
CLASS = 1.16
"""The greatest ratio of two durations of one class, nearly."""


def of_seconds(durations: list[float]) -> Histogram:
    return histogram(seconds / 60 for seconds in durations)


@given(DURATIONS, st.floats(0.01, 0.99))
def test_a_quantile_is_a_duration_up_to_the_width_of_its_class(durations: list[float], share: float) -> None:
    found = of_seconds(durations).quantile(share)
    assert found is not None
    near = sorted(durations)
    at = share * len(near)
    low, high = near[max(0, int(at) - 1)], near[min(len(near) - 1, int(at) + 1)]
    assert low / CLASS - 5 <= found <= high * CLASS + 5


@given(DURATIONS, st.floats(0, 200_000))
def test_a_range_lies_ahead_and_in_order(durations: list[float], spent: float) -> None:
    now = NOW + timedelta(seconds=spent)
    found = end_range(of_seconds(durations), NOW, now)
    assert now <= found.earliest <= found.likely <= found.latest


@given(DURATIONS)
def test_half_of_the_durations_have_the_same_quantiles_nearly(durations: list[float]) -> None:
    twice = of_seconds(durations * 2)
    assert sum(twice.halved().counts.values()) == len(durations)
    assert twice.halved().quantile(0.5) == pytest.approx(twice.quantile(0.5), rel=1e-6)


@pytest.mark.parametrize("join", JoinType)
@pytest.mark.parametrize("step", [None, Step.CLEAN_UP, *ORDER])
def test_a_tenant_without_builds_has_a_range_for_each_step(join: JoinType, step: Step | None) -> None:
    found = end_range(Estimates().of(join, step).left, NOW, NOW)
    assert NOW <= found.earliest < found.likely < found.latest


def build(*minutes: float, generation: int = 1, outcome: str = "succeeded") -> list[TimelineEntry]:
    """Return the entries of a build by the minutes that each step took."""
    entries, at = [], NOW
    for step, length in zip(ORDER, minutes, strict=False):
        ended = at + timedelta(minutes=length)
        entry = TimelineEntry(
            generation=generation, attempt=1, step=step, started_at=at, ended_at=ended, outcome=outcome
        )
        entries.append(entry)
        at = ended
    return entries


def ready_at(entries: list[TimelineEntry]) -> datetime:
    at = entries[-1].ended_at
    assert at is not None
    return at


def learned(*builds: list[TimelineEntry]) -> Estimates:
    times = BuildTimes(tenant_id="contoso", join_type=ENTRA)
    for entries in builds:
        times = times.with_build(entries, ready_at(entries))
    return Estimates({ENTRA: times})


def minutes_until(at: datetime | None) -> float:
    assert at is not None
    return (at - NOW).total_seconds() / 60


def told(estimates: Estimates, step: Step = Step.CREATE_VM, after: float = 0, **changes: Any) -> Progress:
    pc = things.cloud_pc(status=Status.PROVISIONING, step=step, step_started_at=NOW, **{"attempt": 1, **changes})
    return progress(pc, NOW + timedelta(minutes=after), estimates)


def test_the_range_is_that_of_the_tenant_s_own_builds_once_there_are_enough() -> None:
    own = learned(*(build(1, 50, 50, 50) for _ in range(ENOUGH)))
    shown = told(own)
    assert minutes_until(shown.earliest_end_date_time) > 120
    assert minutes_until(shown.estimated_end_date_time) == pytest.approx(150, rel=0.15)
    assert minutes_until(shown.latest_end_date_time) < 180
    before = told(learned(build(1, 50, 50, 50)))
    assert minutes_until(before.earliest_end_date_time) < 30


def test_a_failed_attempt_teaches_how_long_it_is_until_the_end_and_not_how_long_its_step_takes() -> None:
    failed, again = build(1, 30, outcome="failed"), build(1, 2, 2)
    times = BuildTimes(tenant_id="contoso", join_type=ENTRA).with_build([*failed, *again], NOW + timedelta(hours=1))
    create = times.steps[Step.CREATE_VM]
    assert sum(create.spent.counts.values()) == 1
    assert sum(create.left.counts.values()) == 2
    longest = create.left.quantile(0.99)
    assert longest is not None
    assert longest > 3000


def test_old_builds_count_less_than_new_ones() -> None:
    times = BuildTimes(tenant_id="contoso", join_type=ENTRA)
    for minutes in (10, 100):
        for _ in range(400):
            times = times.with_build(build(minutes), NOW + timedelta(minutes=minutes))
    assert times.builds < 800
    middle = times.of(ORDER[0]).left.quantile(0.5)
    assert middle is not None
    assert middle > 5_000


def test_the_range_moves_on_with_a_build_that_is_late() -> None:
    early, late = told(Estimates()), told(Estimates(), after=60)
    assert late.earliest_end_date_time is not None
    assert late.earliest_end_date_time >= NOW + timedelta(minutes=60)
    assert late.latest_end_date_time is not None
    assert early.latest_end_date_time is not None
    assert late.latest_end_date_time > early.latest_end_date_time


@pytest.mark.parametrize(
    ("changes", "after", "words"),
    [
        ({}, 1, None),
        ({}, 40, "'Create the VM and attach it to the network' has taken 40 minutes, longer than usual"),
        ({"attempt": 2, "last_error": Failure(code="Boom", message="it broke")}, 1, "attempt 2. The attempt before"),
        ({"parked_since": NOW}, 1, "waited for capacity"),
    ],
)
def test_a_build_that_takes_longer_than_usual_says_why(
    changes: dict[str, Any], after: float, words: str | None
) -> None:
    reason = told(Estimates(), after=after, **changes).delay_reason
    assert (words in reason) if words and reason else reason is words


def test_nothing_ends_before_the_user_s_roles_count() -> None:
    given_at = Resources(sign_in_given_at=NOW)
    shown = told(Estimates(), step=Step.ASSIGN_USER, resources=given_at)
    assert minutes_until(shown.earliest_end_date_time) >= 9
    waiting = told(Estimates(), step=Step.AWAIT_SIGN_IN_RIGHTS, resources=given_at)
    assert minutes_until(waiting.latest_end_date_time) - minutes_until(waiting.earliest_end_date_time) == 1


def test_who_has_waited_longest_has_the_first_place() -> None:
    entries = [
        {"id": name, "status": status, "lastModifiedDateTime": f"2026-03-02T08:0{minute}:00Z"}
        for name, status, minute in (
            ("late", "pendingProvision", 5),
            ("built", "provisioned", 0),
            ("early", "pendingProvision", 1),
        )
    ]
    found = places(entries)
    assert found == {"early": 1, "late": 2}
    for name, place in (("late", 2), ("other", None)):
        waits = things.cloud_pc(status=Status.PENDING_PROVISION).but(id=name)
        assert progress(waits, NOW, Estimates(places=found)).queue_position == place
