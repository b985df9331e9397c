"""The records of images and connections, on real tables."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.connections import RECORD_CONNECTION, ConnectionRecord
from shared.contracts.images import (
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    ImageFailedRecord,
    ImageReadyRecord,
    ImageStepRecord,
)
from shared.contracts.outcomes import Done
from shared.domain.cloud_pcs.build import Failure
from shared.domain.images.image import DeviceImageStatus
from shared.domain.networks.connection import HealthCheck, HealthStatus
from shared.domain.operations.operation import OperationStatus
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.services import PaperServices, perform

IMAGE: dict[str, Any] = {"tenant_id": "contoso", "image_id": "i1", "operation_id": "o1"}
READY = ImageReadyRecord(**IMAGE, version_id="/versions/1.0.0", regions=("westeurope",))
FAILED = ImageFailedRecord(**IMAGE, failure=Failure(code="SysprepFailed", message="generalize: an app is in the way"))
CHECK = ConnectionRecord(tenant_id="contoso", connection_id="c1", operation_id="o1", status=HealthStatus.RUNNING)
FOUND = HealthCheck(display_name="subnetIpUsage", status=HealthStatus.FAILED, error_type="x", additional_detail="full")


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    await paper.tenants.insert(things.tenant())
    await paper.connections.insert(things.connection(health_check_status=HealthStatus.PENDING))
    await paper.images.insert(things.image(operation_id="o1"))
    await paper.operations.insert(things.operation())
    return paper


async def test_the_steps_of_a_build_are_shown_once(here: PaperServices) -> None:
    for name in ("allocateCapacity", "createVm", "createVm", "generalize"):
        here.hand.advance(timedelta(minutes=1))
        await perform(RECORD_IMAGE_STEP, ImageStepRecord(**IMAGE, step=name))
    operation = (await here.operations.get("contoso", "o1")).value
    assert [(s.name, s.outcome) for s in operation.steps if s.started_at] == [
        ("allocateCapacity", "succeeded"),
        ("createVm", "succeeded"),
        ("generalize", None),
    ]
    assert operation.steps[1].started_at == things.NOW + timedelta(minutes=2)
    assert operation.percent_complete == 20


async def test_only_a_build_that_imports_its_source_has_a_step_for_it(here: PaperServices) -> None:
    for name in ("importSource", "allocateCapacity"):
        here.hand.advance(timedelta(minutes=1))
        await perform(RECORD_IMAGE_STEP, ImageStepRecord(**IMAGE, step=name))
    steps = (await here.operations.get("contoso", "o1")).value.steps
    assert [(each.name, each.outcome) for each in steps[:3]] == [
        ("importSource", "succeeded"),
        ("allocateCapacity", None),
        ("createVm", None),
    ]


async def test_a_built_image_is_ready(here: PaperServices) -> None:
    assert await perform(RECORD_IMAGE_READY, READY) == await perform(RECORD_IMAGE_READY, READY) == Done()
    image = (await here.images.get("contoso", "i1")).value
    assert (image.status, image.gallery_version_id) == (DeviceImageStatus.READY, "/versions/1.0.0")
    assert (await here.operations.get("contoso", "o1")).value.status is OperationStatus.SUCCEEDED
    assert len([e async for e in here.audit.each("contoso", resource_id="i1")]) == 1


async def test_a_failed_build_says_why_and_what_is_left(here: PaperServices) -> None:
    left = Failure(code="ScopeLocked", message="locked")
    await perform(RECORD_IMAGE_FAILED, FAILED.but(left=(left,)))
    image = (await here.images.get("contoso", "i1")).value
    detail = "generalize: an app is in the way Could not be removed: ScopeLocked: locked"
    assert (image.status, image.error_code, image.error_detail) == (DeviceImageStatus.FAILED, "SysprepFailed", detail)


async def test_a_late_word_changes_nothing_that_has_ended(here: PaperServices) -> None:
    await perform(RECORD_IMAGE_READY, READY)
    await perform(RECORD_IMAGE_FAILED, FAILED)
    assert (await here.images.get("contoso", "i1")).value.status is DeviceImageStatus.READY
    assert (await here.operations.get("contoso", "o1")).value.status is OperationStatus.SUCCEEDED


async def test_a_build_without_its_image_ends_quietly(here: PaperServices) -> None:
    await here.images.remove("contoso", "i1")
    assert await perform(RECORD_IMAGE_READY, READY) == Done()


async def test_a_new_connection_is_being_checked(here: PaperServices) -> None:
    await perform(RECORD_CONNECTION, CHECK)
    assert (await here.connections.get("contoso", "c1")).value.health_check_status is HealthStatus.RUNNING


async def test_a_connection_in_use_stays_in_use_while_it_is_checked(here: PaperServices) -> None:
    await here.connections.change("contoso", "c1", lambda c: c.but(health_check_status=HealthStatus.PASSED))
    await perform(RECORD_CONNECTION, CHECK)
    assert (await here.connections.get("contoso", "c1")).value.usable


async def test_what_the_checks_found_is_kept_and_looked_for_again(here: PaperServices) -> None:
    await perform(RECORD_CONNECTION, CHECK)
    await perform(RECORD_CONNECTION, CHECK.but(status=HealthStatus.FAILED, findings=(FOUND,)))
    connection = (await here.connections.get("contoso", "c1")).value
    assert (connection.health_check_status, connection.health_checks) == (HealthStatus.FAILED, (FOUND,))
    assert connection.checked_date_time == things.NOW
    (due,) = await here.due.due(DueKind.RECHECK, things.NOW + timedelta(hours=6))
    assert due.subject_id == "c1"
    operation = (await here.operations.get("contoso", "o1")).value
    assert (operation.status, operation.error and operation.error.message) == (
        OperationStatus.FAILED,
        "subnetIpUsage: full",
    )


async def test_a_further_subscription_is_closed_until_the_checks_find_it_open(here: PaperServices) -> None:
    found = []
    for closed in (("5ub",), ()):
        await perform(RECORD_CONNECTION, CHECK)
        await perform(RECORD_CONNECTION, CHECK.but(status=HealthStatus.WARNING, closed=closed))
        found.append((await here.connections.get("contoso", "c1")).value.closed_subscription_ids)
    assert found == [("5ub",), ()]


async def test_the_operation_of_a_check_shows_each_check_s_result(here: PaperServices) -> None:
    fine = HealthCheck(display_name="virtualNetworkRegion", status=HealthStatus.PASSED)
    warned = FOUND.but(status=HealthStatus.WARNING)
    await perform(RECORD_CONNECTION, CHECK)
    assert [s.name for s in (await here.operations.get("contoso", "o1")).value.steps] == ["check"]
    await perform(RECORD_CONNECTION, CHECK.but(status=HealthStatus.WARNING, findings=(fine, warned)))

    operation = (await here.operations.get("contoso", "o1")).value
    assert [(step.name, step.outcome, step.detail) for step in operation.steps] == [
        ("check", "succeeded", None),
        ("virtualNetworkRegion", "passed", None),
        ("subnetIpUsage", "warning", "full"),
    ]
    assert (operation.result or {})["checks"] == {"virtualNetworkRegion": "passed", "subnetIpUsage": "warning"}


async def test_a_check_that_failed_shows_all_its_checks_too(here: PaperServices) -> None:
    fine = HealthCheck(display_name="virtualNetworkRegion", status=HealthStatus.PASSED)
    await perform(RECORD_CONNECTION, CHECK)
    for _ in range(2):  # an activity may be repeated
        await perform(RECORD_CONNECTION, CHECK.but(status=HealthStatus.FAILED, findings=(fine, FOUND)))

    steps = (await here.operations.get("contoso", "o1")).value.steps
    assert [step.outcome for step in steps] == ["failed", "passed", "failed"]


PASSED = CHECK.but(status=HealthStatus.PASSED, findings=(FOUND.but(status=HealthStatus.PASSED, error_type=None),))
ILL = CHECK.but(status=HealthStatus.FAILED, findings=(FOUND,))
JOIN = HealthCheck(display_name="directoryJoin", status=HealthStatus.FAILED, error_type="adJoinCheckAccessDenied")


async def check(record: ConnectionRecord) -> None:
    await perform(RECORD_CONNECTION, CHECK.but(joined=("CPC-HTH-AAAAA",) if record.probed else None))
    assert await perform(RECORD_CONNECTION, record) == await perform(RECORD_CONNECTION, record) == Done()


async def test_each_change_of_a_connection_s_health_is_recorded_once(here: PaperServices) -> None:
    for record in (PASSED, PASSED, ILL, ILL, PASSED):
        here.hand.advance(timedelta(hours=1))
        await check(record)
    events = [stored.value async for stored in here.audit.each("contoso", resource_id="c1")]
    told = [e.after["healthCheckStatus"] for e in reversed(events) if e.after and e.activity.endswith("/updateHealth")]
    assert told == ["passed", "failed", "passed"]


async def test_an_unhealthy_connection_is_looked_at_again_within_the_hour(here: PaperServices) -> None:
    await check(ILL)
    assert [d.subject_id for d in await here.due.due(DueKind.RECHECK, things.NOW + timedelta(hours=1))] == ["c1"]


async def test_what_the_last_probe_has_found_stands_until_the_next(here: PaperServices) -> None:
    await check(PASSED.but(probed=True, joined=(), findings=(*PASSED.findings, JOIN)))
    here.hand.advance(timedelta(hours=6))
    await check(PASSED)
    ill = (await here.connections.get("contoso", "c1")).value
    await check(PASSED.but(probed=True, joined=()))
    well = (await here.connections.get("contoso", "c1")).value
    assert (ill.health_check_status, ill.health_checks[-1]) == (HealthStatus.FAILED, JOIN)
    assert well.health_check_status is HealthStatus.PASSED


async def test_the_name_a_probe_will_join_with_is_kept_before_it_does(here: PaperServices) -> None:
    await perform(RECORD_CONNECTION, CHECK.but(joined=("CPC-HTH-AAAAA",)))
    during = (await here.connections.get("contoso", "c1")).value
    await perform(RECORD_CONNECTION, PASSED.but(probed=True, joined=()))
    after = (await here.connections.get("contoso", "c1")).value
    assert (during.probe_computer_names, after.probe_computer_names) == (("CPC-HTH-AAAAA",), ())
    assert during.being_checked(things.NOW)
    assert not after.being_checked(things.NOW)
