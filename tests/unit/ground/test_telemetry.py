"""Spans and metrics: ids and kinds, never names or contents."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from shared import telemetry
from shared.contracts.calls import PacedError
from shared.domain.owner import Owner, OwnerKind
from shared.domain.values import Value
from tests.measured import Seen, measured


@pytest.fixture
def seen() -> Iterator[Seen]:
    with measured() as what:
        yield what


class Order(Value):
    tenant_id: str
    cloud_pc_id: str
    attempt: int
    password: str = "Pa55w0rd!"
    user_principal_name: str = "ada@contoso.example"


class Owned(Value):
    tenant_id: str
    owner: Owner


ORDER = Order(tenant_id="contoso", cloud_pc_id="pc", attempt=2)


def test_an_activity_is_a_span_with_ids_and_nothing_else(seen: Seen) -> None:
    with telemetry.observed("begin_vm", ORDER):
        pass
    assert dict(seen.spans()["begin_vm"].attributes or {}) == {
        "tenant_id": "contoso",
        "cloud_pc_id": "pc",
        "attempt": 2,
    }


def test_the_owner_of_a_machine_is_logged_by_its_kind(seen: Seen) -> None:
    owner = Owner(kind=OwnerKind.CONNECTION_PROBE, id="c1")
    with telemetry.observed("allocate_capacity", Owned(tenant_id="contoso", owner=owner)):
        pass
    assert dict(seen.spans()["allocate_capacity"].attributes or {}) == {"tenant_id": "contoso", "connection_id": "c1"}


def test_a_failure_shows_its_kind_and_not_its_words(seen: Seen) -> None:
    with pytest.raises(ValueError, match="Pa55w0rd"), telemetry.observed("begin_vm", ORDER):
        raise ValueError("Pa55w0rd! is wrong for ada@contoso.example")
    span = seen.spans()["begin_vm"]
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "Pa55w0rd" not in span.to_json()
    assert "ada@contoso" not in span.to_json()


def test_waiting_for_a_rate_limit_is_no_failure(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "deskwright"), pytest.raises(PacedError), telemetry.observed("begin_vm", ORDER):
        raise PacedError(after=timedelta(seconds=20))
    (line,) = caplog.records
    assert (line.levelname, line.getMessage()) == (
        "INFO",
        "begin_vm tenant_id=contoso cloud_pc_id=pc attempt=2 waits 20 s for a rate limit",
    )
    assert seen.spans()["begin_vm"].status.status_code is not StatusCode.ERROR


def test_a_call_is_a_span_below_its_activity(seen: Seen) -> None:
    with telemetry.observed("begin_vm", ORDER), telemetry.called("PUT", "management.azure.com") as call:
        call.status = 201
    spans = seen.spans()
    made, activity = spans["PUT management.azure.com"], spans["begin_vm"]
    assert made.kind is SpanKind.CLIENT
    assert made.parent is not None
    assert activity.context is not None
    assert made.parent.span_id == activity.context.span_id
    assert (made.attributes or {})["http.response.status_code"] == 201


def test_calls_answered_429_are_counted(seen: Seen) -> None:
    for status in (200, 429, 429):
        with telemetry.called("GET", "graph.microsoft.com") as call:
            call.status = status
    (throttled,) = seen.points("deskwright.calls.throttled")
    assert (throttled.value, dict(throttled.attributes)) == (2, {"server.address": "graph.microsoft.com"})
    assert sum(point.count for point in seen.points("deskwright.calls.duration")) == 3


def test_a_build_is_measured_by_policy_and_outcome(seen: Seen) -> None:
    took = timedelta(minutes=18)
    telemetry.measure_provisioning(took, tenant_id="contoso", policy_id="p1", outcome="provisioned")
    (point,) = seen.points("deskwright.provisioning.duration")
    assert (point.count, point.sum) == (1, 1080)
    assert dict(point.attributes) == {"tenant_id": "contoso", "policy_id": "p1", "outcome": "provisioned"}


def test_what_failed_is_measured_by_its_error(seen: Seen) -> None:
    took = timedelta(minutes=18)
    telemetry.measure_provisioning(took, tenant_id="contoso", policy_id="p1", outcome="failed", code="NoDevice")
    telemetry.count_operation("resize", "failed", "ScopeLocked")
    telemetry.count_operation("resize", "succeeded")
    (build,) = seen.points("deskwright.provisioning.duration")
    assert dict(build.attributes)["code"] == "NoDevice"
    operations = seen.points("deskwright.operations.ended")
    assert sorted(dict(each.attributes).get("code", "") for each in operations) == ["", "ScopeLocked"]


def test_a_message_that_is_set_aside_is_counted(seen: Seen) -> None:
    telemetry.count_set_aside()
    (point,) = seen.points("deskwright.messages.set_aside")
    assert point.value == 1


def test_the_current_number_of_waiting_cloud_pcs_is_sent_once_each_time_that_it_is_measured(seen: Seen) -> None:
    for value in (7, 3):
        telemetry.measure_now(telemetry.PENDING, value, tenant_id="contoso")
        seen.points(telemetry.PENDING)
    sent = [(point.min, point.max, dict(point.attributes)) for point in seen.points(telemetry.PENDING)]
    assert sent == [(7, 7, {"tenant_id": "contoso"}), (3, 3, {"tenant_id": "contoso"})]


def test_without_an_sdk_nothing_happens() -> None:
    telemetry.reset_instruments()
    with telemetry.observed("begin_vm", ORDER), telemetry.called("GET", "graph.microsoft.com") as call:
        call.status = 429
    telemetry.count_operation("provision", "failed")
    assert not trace.get_current_span().is_recording()
