"""Tries of deliveries, and which are sent next."""

from datetime import UTC, datetime, timedelta

from shared.domain.notices.delivery import (
    PAUSES,
    Delivery,
    DeliveryStatus,
    EndpointState,
    Tried,
    WaitingDelivery,
    next_look,
    ready,
)
from shared.domain.notices.events import NoticeEvent

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FAILED = Tried(ok=False, status=500, detail="it answered 500")


def delivery(id_: str = "e1") -> Delivery:
    event = NoticeEvent(id=id_, tenant_id="contoso", type="cloudpc.failed", time=NOW, subject="cloudPCs/a", data={})
    return Delivery(key=f"{NOW.isoformat()}-{id_}", tenant_id="contoso", endpoint_id="desk", event=event)


def pending(
    key: str, subject: str, next_try_at: datetime | None = None, last: datetime | None = None
) -> WaitingDelivery:
    return WaitingDelivery(
        key=f"2026-11-23T09:00:00.000000-{key}", subject=subject, next_try_at=next_try_at, last_try_at=last
    )


def state(**changes: object) -> EndpointState:
    return EndpointState(id="desk", tenant_id="contoso").but(**changes)


def test_ten_tries_take_75_hours_and_a_little() -> None:
    tried, at = delivery(), NOW
    pauses = []
    while tried.status is DeliveryStatus.PENDING:
        tried = tried.after(FAILED, at)
        pauses.append((tried.next_try_at or at) - at)
        at = tried.next_try_at or at
    assert tried.tries == 10
    assert all(regular <= pause <= regular * 1.1 for regular, pause in zip(PAUSES, pauses, strict=False))
    assert timedelta(hours=75) < at - NOW < timedelta(hours=84)


def test_two_deliveries_that_failed_together_are_not_tried_together() -> None:
    moments = {delivery(f"e{n}").after(FAILED, NOW).but(tries=3).after(FAILED, NOW).next_try_at for n in range(50)}
    assert len(moments) > 30


def test_what_was_tried_before_an_endpoint_answered_again_is_tried_at_once() -> None:
    late = pending("a", "cloudPCs/a", NOW + timedelta(hours=10), NOW - MINUTE)
    assert list(ready([late], state(), NOW)) == []
    assert list(ready([late], state(opened_at=NOW), NOW)) == [late]


def test_what_waits_holds_up_its_subject_alone() -> None:
    rows = [
        pending("1", "cloudPCs/a", NOW + MINUTE, NOW),
        pending("2", "cloudPCs/a"),
        pending("3", "cloudPCs/b"),
    ]
    assert [each.subject for each in ready(rows, state(), NOW)] == ["cloudPCs/b"]
    assert next_look(rows[:2], state(), NOW) == NOW + MINUTE


def test_an_endpoint_that_does_not_answer_is_not_tried_before_its_time() -> None:
    rows = [pending("1", "cloudPCs/a", NOW + MINUTE, NOW), pending("2", "cloudPCs/b")]
    closed = state(closed_until=NOW + MINUTE)
    assert list(ready(rows, closed, NOW)) == []
    assert next_look(rows, closed, NOW) == NOW + MINUTE


def test_five_failures_in_succession_close_an_endpoint_and_one_success_opens_it() -> None:
    now = state()
    for _ in range(4):
        now = now.after(FAILED, NOW, NOW + MINUTE)
    assert now.closed_until is None
    now = now.after(FAILED, NOW, NOW + MINUTE)
    assert now.closed_until == NOW + MINUTE
    opened = now.after(Tried(ok=True, status=204), NOW + MINUTE, None)
    assert (opened.closed_until, opened.failures, opened.opened_at) == (None, 0, NOW + MINUTE)
