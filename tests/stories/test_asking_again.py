"""The story of a workflow when an activity that destroys something is held back: nothing more is destroyed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.builds import (
    BEGIN_ATTEMPT,
    CLEAN_UP,
    RECORD_CLEANED,
    RECORD_FAILED,
    RECORD_PARKED,
    Begun,
    CleanedUp,
)
from shared.contracts.desktops import (
    BEGIN_DEPROVISIONING,
    DELETE_SESSION_HOST,
    DEPROVISION,
    POLL_END_OF_BUILD,
    SIGN_OFF,
    Built,
)
from shared.contracts.machines import BEGIN_VM_DELETE, DELETE_DISK
from shared.contracts.outcomes import HELD_BACK, Refused
from shared.contracts.provisioning import PROVISION, REPLACE
from shared.contracts.session_hosts import BEGIN_HOST_TASK, RUN_HOST_TASK
from shared.domain.destroying import Act, Confirmation
from shared.domain.spot.hosts.host import HostTask
from tests.stories import hosts, test_clean_up_cloud_pc, test_deprovision_cloud_pc
from tests.stories.people import ALL_WELL, ORDER
from tests.stories.tell import START, Context, Task, tell

HELD = Refused(code=HELD_BACK, message="the directory did not answer about the user")
DELETIONS = {"delete_session_host", "delete_managed_device", "delete_device", "begin_vm_delete", "delete_nic"}


def confirmed(act: Act) -> Confirmation:
    return Confirmation(act=act, tenant_id="contoso", subject_id="0123456789abcdef0123", generation=1, at=START)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The confirmation with which each activity was called last."""
    found: dict[str, Any] = {}
    call, wait = Context.call_activity, Context.call_sub_orchestrator

    def call_activity(self: Context, name: str, payload: dict[str, Any]) -> Task:
        found[name] = payload.get("confirmation")
        return call(self, name, payload)

    def call_sub_orchestrator(self: Context, name: str, payload: dict[str, Any]) -> Task:
        found[payload.get("activity", name)] = payload.get("confirmation")
        return wait(self, name, payload)

    monkeypatch.setattr(Context, "call_activity", call_activity)
    monkeypatch.setattr(Context, "call_sub_orchestrator", call_sub_orchestrator)
    return found


@pytest.mark.parametrize("at", [DELETE_SESSION_HOST, BEGIN_VM_DELETE, DELETE_DISK], ids=lambda each: each.name)
@pytest.mark.parametrize("act", [Act.CLEAN_UP_REMOVED, Act.CLEAN_UP_FAILED, Act.CLEAN_UP_REPLACED])
def test_a_clean_up_that_is_held_back_stops_there_and_says_so(act: Act, at: Any, wire: dict[str, Any]) -> None:
    order = test_clean_up_cloud_pc.ORDER.but(
        standing_alone=True, confirmation=confirmed(act), restore_points=("point",), computer_names=("CPC-A",)
    )
    story = tell(CLEAN_UP, order, {**test_clean_up_cloud_pc.ALL_GO, at: HELD})
    assert story.calls[-2:] == [at.name, "record_cleaned"]
    assert [each["code"] for each in story.last(RECORD_CLEANED)["left"]] == [HELD_BACK]
    asked = {name: wire[name] for name in story.calls if name in DELETIONS | {"revoke_sign_in", "delete_disk"}}
    assert asked == dict.fromkeys(asked, confirmed(act).to_json())


def test_a_grace_period_that_is_held_back_begins_its_end_again(wire: dict[str, Any]) -> None:
    built = Built(remains=(test_deprovision_cloud_pc.REMAINS,), confirmation=confirmed(Act.END_GRACE))
    script = {**test_deprovision_cloud_pc.SMOOTH, POLL_END_OF_BUILD: built}
    story = tell(DEPROVISION, test_deprovision_cloud_pc.ORDER, {**script, SIGN_OFF: HELD})
    assert story.calls == [BEGIN_DEPROVISIONING.name, POLL_END_OF_BUILD.name, SIGN_OFF.name]
    assert wire[SIGN_OFF.name] == confirmed(Act.END_GRACE).to_json()
    assert story.continued == test_deprovision_cloud_pc.ORDER.to_json()
    again = tell(DEPROVISION, test_deprovision_cloud_pc.ORDER, script)
    assert again.result.outcome == "deprovisioned"
    assert wire["revoke_sign_in"] is None  # the session is gone: from there on it only goes on


def test_a_build_whose_clean_up_is_held_back_is_parked_and_uses_up_no_attempt(wire: dict[str, Any]) -> None:
    begun = Begun(confirmation=confirmed(Act.BUILD_ANEW))
    script = {**ALL_WELL, BEGIN_ATTEMPT: begun, CLEAN_UP: CleanedUp(left=(HELD,))}
    story = tell(PROVISION, ORDER.next_attempt(), script)
    assert wire[CLEAN_UP.name] == confirmed(Act.BUILD_ANEW).to_json()
    assert RECORD_FAILED.name not in story.calls
    assert story.last(RECORD_PARKED)["reason"]["message"] == HELD.message
    assert story.continued is not None
    assert story.continued["attempt"] == ORDER.attempt + 1
    assert story.slept >= timedelta(minutes=10)


def test_a_clean_up_before_an_attempt_that_nobody_was_asked_about_asks_nobody(wire: dict[str, Any]) -> None:
    """The work itself has made what goes, and nobody has had it."""
    tell(PROVISION, ORDER.next_attempt(), ALL_WELL)
    assert wire[CLEAN_UP.name] is None


def test_what_a_replacement_left_is_its_own(wire: dict[str, Any]) -> None:
    remains = test_deprovision_cloud_pc.REMAINS
    order = ORDER.next_attempt().but(replaces={"remains": remains})
    tell(REPLACE, order, {**ALL_WELL, CLEAN_UP: CleanedUp(left=(Refused(code="ScopeLocked", message="a lock"),))})
    assert wire[CLEAN_UP.name] is None


@pytest.mark.parametrize("at", [SIGN_OFF, DELETE_SESSION_HOST], ids=lambda each: each.name)
def test_the_removal_of_a_host_that_is_held_back_is_over(at: Any, wire: dict[str, Any]) -> None:
    job = hosts.job(HostTask.REMOVE).but(confirmation=confirmed(Act.REMOVE_HOST), made=hosts.MADE)
    story = tell(RUN_HOST_TASK, hosts.order(HostTask.REMOVE), {**hosts.ALL_WELL, BEGIN_HOST_TASK: job, at: HELD})
    assert story.result.outcome == "superseded"
    assert story.calls[-1] == at.name
    assert wire[at.name] == confirmed(Act.REMOVE_HOST).to_json()
