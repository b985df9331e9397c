"""A cloud that does not answer uses up nothing: the work waits for it, is seen to wait, and goes on where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import BEGIN_STEP, CLEAN_UP, RECORD_FAILED
from shared.contracts.calls import AWAIT_OUTCOME, RECORD_SILENCE, WaitingWork
from shared.contracts.definitions import Activity, Poll
from shared.contracts.joining import DELETE_MANAGED_DEVICE
from shared.contracts.machines import BEGIN_VM, POLL_AGENT
from shared.contracts.outcomes import Done, Later, Pending, Refused
from shared.contracts.provisioning import PROVISION
from shared.contracts.remote_actions import BEGIN_RESTART, END_REMOTE_ACTION
from shared.domain.azure_errors import RULES
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.owner import Owner
from tests.implementations import activities
from tests.stories import test_run_remote_action as actions
from tests.stories.people import ALL_WELL, HYBRID, ORDER
from tests.stories.tell import START, Answers, Story, tell
from tests.stories.test_await_outcome import ORDER as WAIT
from tests.stories.test_clean_up_cloud_pc import ALL_GO
from tests.stories.test_clean_up_cloud_pc import ORDER as REMAINS

OUTAGE = timedelta(hours=2)
SILENT = Later(after=5, silent="graph.microsoft.com does not answer (503)")
_TIMES = 30
"""So often is asked in two hours."""


def silent_then(answer: Any) -> list[Any]:
    return [*[SILENT] * _TIMES, *(answer if isinstance(answer, list) else [answer])]


def _called() -> Iterator[Activity[Any, Any, Any]]:
    """Yield every activity of a build that is called by it, and not polled."""
    for answers in (ALL_WELL,):
        for contract in answers:
            if isinstance(contract, Activity) and not isinstance(contract, Poll):
                yield contract


BARE = {"begin_carrier_removal", "record_failed", "record_parked"}
"""Activities called without a `Work`: a failure is a warning, or is itself the record."""
WITH_A_CALL = [
    contract
    for contract in _called()
    if contract.name in tell(PROVISION, ORDER, ALL_WELL).calls and contract.name not in BARE
]


@pytest.mark.parametrize("contract", WITH_A_CALL, ids=lambda each: each.name)
def test_a_build_waits_at_every_call_and_uses_up_no_attempt(contract: Activity[Any, Any, Any]) -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, RECORD_SILENCE: Done(), contract: silent_then(ALL_WELL[contract])})
    assert (story.result.outcome, story.result.attempts) == ("provisioned", 1)
    assert "record_failed" not in story.calls
    assert story.slept > OUTAGE
    records = story.orders[RECORD_SILENCE.name]
    assert records[0]["work"]["owner"] == {"kind": "cloudPc", "id": ORDER.cloud_pc_id}
    assert {record["why"] for record in records} == {SILENT.silent}
    assert all("nextAt" in record for record in records[:-1])
    assert "nextAt" not in records[-1]  # it answers again


def test_a_short_silence_is_no_news() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: [SILENT, SILENT, ALL_WELL[BEGIN_VM]]})
    assert story.result.outcome == "provisioned"
    assert "record_silence" not in story.calls


def test_under_the_last_release_nothing_is_recorded_and_it_waits_all_the_same() -> None:
    story = tell(PROVISION, ORDER, {**ALL_WELL, BEGIN_VM: silent_then(ALL_WELL[BEGIN_VM])}, version="1.0")
    assert story.result.outcome == "provisioned"
    assert "record_silence" not in story.calls


def test_the_time_of_a_wait_stands_still_while_a_cloud_is_silent() -> None:
    work = WaitingWork(tenant_id="contoso", owner=Owner.cloud_pc("pc"), doing="the step")
    answers: Answers = {POLL_AGENT: [*[SILENT] * _TIMES, Pending(), Pending(), Done()], RECORD_SILENCE: Done()}
    story = tell(AWAIT_OUTCOME, WAIT.but(waiting=work), answers)
    assert story.slept > WAIT.until - START  # longer than it may wait for an answer that is pending
    assert story.result == {"kind": "done"}


def test_a_poll_that_nobody_waits_for_fails_after_its_repeats() -> None:
    with pytest.raises(Exception, match="does not answer"):
        tell(AWAIT_OUTCOME, WAIT, {POLL_AGENT: SILENT})


def test_a_remote_action_waits() -> None:
    story = actions.play(
        Remote.REBOOT, {BEGIN_RESTART: silent_then(actions.SMOOTH[BEGIN_RESTART]), RECORD_SILENCE: Done()}
    )
    assert "failure" not in story.last(END_REMOTE_ACTION)
    assert story.slept > OUTAGE


def test_a_clean_up_before_an_attempt_waits() -> None:
    answers = {**ALL_GO, DELETE_MANAGED_DEVICE: silent_then(Done()), RECORD_SILENCE: Done()}
    story = tell(CLEAN_UP, REMAINS.but(standing_alone=False), answers)
    assert story.result.left == ()
    assert story.slept > OUTAGE


def test_a_clean_up_of_its_own_lists_what_is_left_in_words() -> None:
    story = tell(CLEAN_UP, REMAINS.but(standing_alone=True), {**ALL_GO, DELETE_MANAGED_DEVICE: SILENT})
    (left,) = {each.evidence: each for each in story.result.left}.values()
    assert (left.code, left.message, left.evidence) == ("serviceUnavailable", SILENT.silent, "delete managed device")


INTERNAL = re.compile(r"\b[a-z]+(_[a-z]+)+\b|\b\w+(Error|Exception)\b|Activity function|Orchestrator function")


def _words(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    elif isinstance(value, str):
        yield value


def _failures(story: Story) -> list[str]:
    failures = [order["failure"] for order in story.orders.get(RECORD_FAILED.name, ())]
    failures += [order["passwordLeft"] for order in story.orders.get(BEGIN_STEP.name, ()) if "passwordLeft" in order]
    return [word for failure in failures for word in _words(failure)]


@pytest.mark.parametrize(
    "text",
    [
        "Activity function '{name}' failed:  UnansweredError: 503 \n {{}}",
        "Orchestrator function 'await_outcome' failed: Activity function '{name}' failed:  KeyError: 'x'",
        "Activity function '{name}' failed:  azure.core.exceptions.ServiceRequestError: no route",
    ],
    ids=["unanswered", "unexpected", "nested"],
)
@pytest.mark.parametrize("contract", list(_called()), ids=lambda each: each.name)
def test_no_internal_name_reaches_a_person(contract: Activity[Any, Any, Any], text: str) -> None:
    broken = Exception(text.format(name=contract.name))
    story = tell(PROVISION, HYBRID, {**ALL_WELL, contract: broken}) if contract is not RECORD_FAILED else Story()
    said = _failures(story)
    assert not [each for each in said if INTERNAL.search(each) or each in activities()]


@pytest.mark.parametrize("attempt", [2, 3])
@pytest.mark.parametrize("advice", sorted({rule.advice for rule in RULES if "next attempt" in rule.advice}))
def test_only_what_is_not_the_last_failure_promises_another_attempt(attempt: int, advice: str) -> None:
    refused = Refused(code="InternalExecutionError", message="no", advice=advice)
    story = tell(PROVISION, ORDER.but(attempt=attempt), {**ALL_WELL, BEGIN_VM: refused})
    assert ("next attempt" in story.last(RECORD_FAILED)["failure"]["advice"]) is (attempt < ORDER.attempts)


def test_an_action_promises_no_other_attempt() -> None:
    refused = Refused(code="x", message="y", advice="Nothing to do: the next attempt starts by itself.")
    story = actions.play(Remote.REBOOT, {BEGIN_RESTART: refused})
    assert "next attempt" not in story.last(END_REMOTE_ACTION)["failure"]["advice"]
