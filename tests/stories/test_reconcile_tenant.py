"""Story of the reconcile of a tenant."""

from __future__ import annotations

from shared.contracts.desktops import START_DEPROVISIONING
from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import (
    CLOSE_RECONCILE,
    PLAN_TENANT,
    RECONCILE,
    START_PROVISIONING,
    NewerRequest,
    Planned,
    ReconcileOrder,
    Started,
)
from tests.stories.tell import START, Answers, tell

ORDER = ReconcileOrder(tenant_id="contoso")
PLANNED = Planned(groups=(("a", "b"), ("c",)), listed=2, removals_seen=1, requested_at=START)
QUIET: Answers = {
    PLAN_TENANT: PLANNED,
    START_PROVISIONING: [Started(count=2), Started(count=1)],
    CLOSE_RECONCILE: Done(),
}


def test_every_build_of_the_plan_is_started() -> None:
    story = tell(RECONCILE, ORDER, QUIET)

    assert [o["cloudPcIds"] for o in story.orders[START_PROVISIONING.name]] == [["a", "b"], ["c"]]
    assert (story.result.started, story.result.listed, story.result.removals_seen) == (3, 2, 1)


def test_what_was_cancelled_goes_out_of_use() -> None:
    lost = PLANNED.but(removals=(("x",), ("y",)))
    story = tell(RECONCILE, ORDER, {**QUIET, PLAN_TENANT: lost, START_DEPROVISIONING: Started(count=1)})

    assert [o["cloudPcIds"] for o in story.orders[START_DEPROVISIONING.name]] == [["x"], ["y"]]
    assert story.calls[-1] == "close_reconcile"


def test_groups_are_started_without_waiting_for_each_other() -> None:
    later = {"kind": "later", "after": 60.0}
    script = {**QUIET, START_PROVISIONING: [later, Started(count=1), Started(count=2)]}
    story = tell(RECONCILE, ORDER, script)

    assert [o["cloudPcIds"] for o in story.orders[START_PROVISIONING.name]] == [["a", "b"], ["c"], ["a", "b"]]


def test_a_directory_that_does_not_answer_starts_and_removes_nothing() -> None:
    silent = Refused(code="directoryUnavailable", message="the group could not be read")
    story = tell(RECONCILE, ORDER, {PLAN_TENANT: silent})

    assert story.calls == ["plan_tenant"]
    assert story.result.refused == silent


def test_a_request_that_came_meanwhile_gets_its_own_round() -> None:
    story = tell(RECONCILE, ORDER, {**QUIET, CLOSE_RECONCILE: NewerRequest()})

    assert story.continued is not None
    assert ReconcileOrder.model_validate(story.continued).round == 1


def test_a_reconcile_of_some_users_settles_no_request_for_the_whole_tenant() -> None:
    story = tell(RECONCILE, ORDER.but(user_ids=("user-07",)), QUIET)

    assert "close_reconcile" not in story.calls
