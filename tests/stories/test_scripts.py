"""Story of the apps and scripts of a policy: on a new Cloud PC, in a pool, on a replacement, and once more."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.builds import BEGIN_STEP, RECORD_FAILED, RECORD_PROVISIONED
from shared.contracts.machines import POLL_OPERATION, Finished
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.pools import PREPARE_MEMBER, RECORD_READY
from shared.contracts.provisioning import (
    PROVISION,
    RECORD_RERUN,
    REPLACE,
    RERUN_STEPS,
    ConfigurationOrder,
    ProvisionOrder,
    RerunOrder,
)
from shared.contracts.scripts import BEGIN_SCRIPT, READ_SCRIPT, RECORD_SCRIPT, script_orders
from shared.domain.policies.configuration import OnFailure
from shared.domain.policies.policy import BuiltScript
from tests.stories.people import ALL_WELL, ORDER
from tests.stories.tell import tell
from tests.stories.test_replace_cloud_pc import ALL_REPLACED, FIRST

APP = BuiltScript(script_id="s1", display_name="7-Zip", version=1, digest="d1", timeout_in_minutes=10)
CLOCK = BuiltScript(script_id="s2", display_name="Clock", version=3, digest="d2", on_failure=OnFailure.BLOCK)
SNAPSHOT = ORDER.snapshot.but(built_scripts=(APP, CLOCK))
BEGUN = Accepted(resource_id="/vm/1/runCommands/deskwright-script-0")
WELL = {**ALL_WELL, BEGIN_SCRIPT: BEGUN, READ_SCRIPT: Done(), RECORD_SCRIPT: Done()}
BROKEN = Refused(code="scriptFailed", message="7-Zip (version 1) failed: winget ended with 1")


def with_scripts(order: ProvisionOrder = ORDER, *scripts: BuiltScript) -> ProvisionOrder:
    return order.but(snapshot=order.snapshot.but(built_scripts=scripts or (APP, CLOCK)))


def names(orders: list[dict[str, Any]]) -> list[str]:
    return [each["script"]["displayName"] for each in orders]


def test_scripts_run_in_their_order_after_windows_and_before_the_user() -> None:
    story = tell(PROVISION, with_scripts(), WELL)
    steps = [each["step"] for each in story.orders[BEGIN_STEP.name]]
    at = steps.index("runScripts")
    assert (steps[at - 1], steps[at + 1]) == ("configureWindows", "assignUser")
    assert names(story.orders[BEGIN_SCRIPT.name]) == ["7-Zip", "Clock"]
    assert [each.get("failure") for each in story.orders[RECORD_SCRIPT.name]] == [None, None]
    assert story.result.outcome == "provisioned"


def test_without_scripts_nothing_is_called_for_them() -> None:
    story = tell(PROVISION, ORDER, ALL_WELL)
    assert "runScripts" not in {each["step"] for each in story.orders[BEGIN_STEP.name]}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({BEGIN_SCRIPT: [BROKEN, BEGUN]}, "winget ended with 1"),
        ({READ_SCRIPT: [BROKEN, Done()]}, "winget ended with 1"),
    ],
)
def test_a_script_that_warns_is_a_warning_and_the_next_one_runs(answers: dict[Any, Any], said: str) -> None:
    story = tell(PROVISION, with_scripts(), {**WELL, **answers})
    assert story.result.outcome == "provisionedWithWarnings"
    (warning,) = story.last(RECORD_PROVISIONED)["warnings"]
    assert warning["step"] == "7-Zip"
    assert said in warning["message"]
    assert names(story.orders[BEGIN_SCRIPT.name]) == ["7-Zip", "Clock"]


def test_a_script_that_azure_never_ends_has_timed_out() -> None:
    story = tell(PROVISION, with_scripts(ORDER, APP), {**WELL, READ_SCRIPT: Pending(note="the script is running")})
    (warning,) = story.last(RECORD_PROVISIONED)["warnings"]
    assert warning["message"] == "7-Zip (version 1) did not end within 10 minutes"


@pytest.mark.parametrize("ended", [BROKEN, NoCapacity(code="x", message="no place")])
def test_an_operation_that_fails_is_a_warning(ended: Any) -> None:
    polled = [*[Finished()] * 3, ended, Finished()]  # machine, join, Windows, the script; then the registration
    story = tell(PROVISION, with_scripts(ORDER, APP), {**WELL, POLL_OPERATION: polled})
    assert [each["step"] for each in story.last(RECORD_PROVISIONED)["warnings"]] == ["7-Zip"]


def test_an_activity_that_breaks_off_is_a_warning() -> None:
    story = tell(PROVISION, with_scripts(ORDER, APP), {**WELL, BEGIN_SCRIPT: RuntimeError("boom")})
    assert [each["step"] for each in story.last(RECORD_PROVISIONED)["warnings"]] == ["7-Zip"]


def test_a_script_that_blocks_fails_the_attempt_and_the_next_one_goes_on_with_the_machine() -> None:
    broken = BROKEN.model_copy(update={"message": "Clock (version 3) failed: no such server"})
    story = tell(PROVISION, with_scripts(), {**WELL, READ_SCRIPT: [BROKEN, broken]})
    failed = story.last(RECORD_FAILED)
    assert (failed["failure"]["code"], failed["failure"]["step"]) == ("scriptFailed", "runScripts")
    assert "assign_session_host" not in story.calls
    assert story.continued is not None
    assert story.continued["resume"]["step"] == "runScripts"

    again = tell(PROVISION, ProvisionOrder.model_validate(story.continued), WELL)
    assert "begin_configuration" not in again.calls
    assert names(again.orders[BEGIN_SCRIPT.name]) == ["7-Zip", "Clock"]
    assert again.result.outcome == "provisioned"  # the warning of the first run is gone with its cause


def test_a_script_that_fails_twice_on_a_machine_is_tried_on_another_one_and_then_the_build_has_failed() -> None:
    failing = {**WELL, READ_SCRIPT: BROKEN}
    order, resumed = with_scripts(ORDER, CLOCK), []
    for _ in range(2):
        story = tell(PROVISION, order, failing)
        assert story.continued is not None
        resumed.append(story.continued.get("resume") is not None)
        order = ProvisionOrder.model_validate(story.continued)
    assert resumed == [True, False]
    assert tell(PROVISION, order, failing).result.outcome == "failed"


def test_a_build_that_was_overtaken_runs_no_further_script() -> None:
    story = tell(PROVISION, with_scripts(), {**WELL, RECORD_SCRIPT: Superseded()})
    assert names(story.orders[BEGIN_SCRIPT.name]) == ["7-Zip"]
    assert story.result.outcome == "superseded"


def test_a_member_of_a_pool_has_run_the_scripts_before_it_is_claimed() -> None:
    order = with_scripts(ORDER.but(in_pool=True))
    story = tell(PREPARE_MEMBER, order, {**WELL, RECORD_READY: Done()})
    assert names(story.orders[BEGIN_SCRIPT.name]) == ["7-Zip", "Clock"]


def test_a_replacement_without_a_script_that_blocks_leaves_the_machine_there_is() -> None:
    answers = {**ALL_REPLACED, **WELL, READ_SCRIPT: BROKEN}
    story = tell(REPLACE, with_scripts(FIRST.but(attempt=3), CLOCK), answers)
    assert story.result.outcome == "failed"
    assert "release_session_host" not in story.calls


@pytest.mark.parametrize("fails", [False, True])
def test_a_script_runs_again_alone(*, fails: bool) -> None:
    machine = ORDER.machine("westeurope")
    order = RerunOrder(
        generation=1,
        operation_id="op-1",
        configuration=ConfigurationOrder(machine=machine, steps=()),
        scripts=script_orders(machine, SNAPSHOT)[:1],
    )
    answers = {**WELL, READ_SCRIPT: BROKEN if fails else Done(), RECORD_RERUN: Done()}
    story = tell(RERUN_STEPS, order, answers)
    assert "begin_configuration" not in story.calls
    recorded = story.last(RECORD_RERUN)
    assert recorded["steps"] == ["7-Zip"]
    assert [each["step"] for each in recorded.get("warnings", [])] == (["7-Zip"] if fails else [])
