"""Story of messages about changes."""

from __future__ import annotations

from shared.contracts.outcomes import Done
from shared.contracts.reconciling import (
    CLOSE_CHANGES,
    RECONCILE,
    SETTLE_CHANGES,
    TAKE_CHANGES,
    Batch,
    ChangesOrder,
    NewerRequest,
    Reconciled,
)
from tests.stories.tell import Answers, tell

ORDER = ChangesOrder(tenant_id="contoso")
MARKS = {"eve": "e2", "ada": "e1"}
QUIET: Answers = {
    TAKE_CHANGES: Batch(marks=MARKS),
    RECONCILE: Reconciled(started=1, listed=0, removals_seen=0),
    CLOSE_CHANGES: Done(),
}


def test_all_users_with_changes_are_reconciled_together() -> None:
    story = tell(SETTLE_CHANGES, ORDER, QUIET)

    assert story.calls == ["take_changes", "reconcile_tenant", "close_changes"]
    assert story.last(RECONCILE)["userIds"] == ["ada", "eve"]
    assert story.last(CLOSE_CHANGES)["marks"] == MARKS
    assert (story.result.count, story.continued) == (2, None)


def test_it_goes_round_again_while_anything_is_left() -> None:
    story = tell(SETTLE_CHANGES, ORDER, {**QUIET, CLOSE_CHANGES: NewerRequest()})

    assert story.continued == {"tenantId": "contoso"}


def test_without_news_it_reads_nothing() -> None:
    story = tell(SETTLE_CHANGES, ORDER, {TAKE_CHANGES: Batch(marks={})})

    assert story.calls == ["take_changes"]
