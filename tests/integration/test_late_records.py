"""Records do not go back: an order that is delivered again minutes later changes nothing that was recorded since."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.calls import ORDERED_AT
from shared.contracts.connections import RECORD_CONNECTION, ConnectionRecord
from shared.contracts.image_versions import (
    RECORD_VERSION,
    RECORD_VERSION_DELETED,
    RECORD_VERSION_STEP,
    VersionDeletedRecord,
    VersionRecord,
    VersionStepRecord,
)
from shared.contracts.images import RECORD_IMAGE_STEP, ImageStepRecord
from shared.contracts.outcomes import Done
from shared.contracts.session_hosts import (
    BEGIN_HOST_TASK,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    RECORD_HOST_STEP,
    HostFailedRecord,
    HostParkedRecord,
    HostStepRecord,
)
from shared.contracts.spot_groups import REMOVE_SPOT_GROUP, TAKE_HOST_STEPS, HostStepsOrder, SpotGroupOrder
from shared.domain.networks.connection import HealthCheck, HealthStatus
from shared.domain.spot.engine.state import EngineStep
from shared.domain.spot.hosts.host import HostSeen, HostStatus, HostStep
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from shared.domain.spot.images.image_version import SHUT_DOWN_AFTER, VersionEvent, VersionStatus
from shared.storage.due import DueKind
from tests.integration import image_things, things
from tests.integration.desks import GROUP_ID, session_host
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_host_tasks import FAILURE, FULL, MADE, WHICH, begun, now, office, operation, order

__all__ = ["office"]
T = things.TENANT_ID
FOUND = HealthCheck(display_name="subnetIpUsage", status=HealthStatus.FAILED, error_type="x", additional_detail="full")
FINE = HealthCheck(display_name="virtualNetworkRegion", status=HealthStatus.PASSED)
CHECK = ConnectionRecord(tenant_id=T, connection_id="c1", operation_id="o1", status=HealthStatus.RUNNING)
Give = Callable[..., Awaitable[Any]]


@pytest.fixture
def given(paper: PaperServices) -> Give:
    """Give an order: it is carried out at once; a minute passes. ``at``: it is an old one, delivered again."""

    async def give(contract: Any, order: Any, *arguments: Any, at: datetime | None = None) -> Any:
        held = ORDERED_AT.set(at or paper.clock.now())
        try:
            return await perform(contract, order, *arguments)
        finally:
            ORDERED_AT.reset(held)
            paper.hand.advance(timedelta(minutes=1))

    return give


def step(name: HostStep, **changes: Any) -> HostStepRecord:
    return HostStepRecord(**WHICH, step=name, resources=MADE, **changes)


async def test_a_host_s_step_that_has_passed_does_not_begin_again(office: PaperServices, given: Give) -> None:
    await begun(office)
    at = office.clock.now()
    await given(RECORD_HOST_STEP, step(HostStep.CREATE_VM))
    later = step(HostStep.REGISTER).but(resources=MADE.but(session_host="spot-1"))
    await given(RECORD_HOST_STEP, later)
    office.hand.advance(timedelta(minutes=5))
    before = await now(office), await operation(office)

    assert await given(RECORD_HOST_STEP, step(HostStep.CREATE_VM), at=at) == Done()
    assert (await now(office), await operation(office)) == before
    assert before[0].resources.session_host == "spot-1"


async def test_orders_of_a_moment_are_not_judged_by_the_seconds_of_two_clocks(
    office: PaperServices, given: Give
) -> None:
    """Orders that come minutes late are: here the clock of the next order is three seconds behind."""
    await begun(office)
    at = office.clock.now()
    await given(RECORD_HOST_STEP, step(HostStep.CREATE_VM))
    await given(RECORD_HOST_STEP, step(HostStep.REGISTER), at=at - timedelta(seconds=3))
    assert (await now(office)).step == HostStep.REGISTER.value
    assert (await operation(office)).open_step == HostStep.REGISTER.value


async def test_a_host_that_is_built_waits_no_longer(office: PaperServices, given: Give) -> None:
    await begun(office)
    await given(BEGIN_HOST_TASK, order())
    at = office.clock.now()
    parked = HostParkedRecord(**WHICH, since=at, reason=FULL)
    await given(RECORD_HOST_PARKED, parked, IdleHost())
    assert (await now(office)).status is HostStatus.PENDING
    await given(BEGIN_HOST_TASK, order())
    await given(RECORD_HOST_STEP, step(HostStep.CREATE_VM))
    office.hand.advance(timedelta(minutes=5))
    before = await now(office)

    assert await given(RECORD_HOST_PARKED, parked, IdleHost(), at=at) == Done()
    assert await now(office) == before
    assert before.status is HostStatus.BUILDING


async def test_an_attempt_that_is_over_is_not_begun_again(office: PaperServices, given: Give) -> None:
    await begun(office)
    at = office.clock.now()
    await given(BEGIN_HOST_TASK, order())
    failed_at, failed = office.clock.now(), HostFailedRecord(**WHICH, failure=FAILURE, last=False, resources=MADE)
    await given(RECORD_HOST_FAILED, failed, IdleHost())
    await given(BEGIN_HOST_TASK, order(attempt=2))
    await given(RECORD_HOST_STEP, step(HostStep.CREATE_VM).but(resources=MADE.but(computer_name="SPOT-2")))
    office.hand.advance(timedelta(minutes=5))
    names = [each.value async for each in office.computer_names.each(T)]
    before = await now(office)

    await given(BEGIN_HOST_TASK, order(attempt=1), at=at)
    await given(RECORD_HOST_FAILED, failed, IdleHost(), at=failed_at)
    assert await now(office) == before
    assert [each.value async for each in office.computer_names.each(T)] == names
    assert (before.attempt, before.resources.computer_name) == (2, "SPOT-2")


@pytest.fixture
async def steps(paper: PaperServices) -> dict[Any, Callable[[str], Any]]:
    """Give the orders that record a step of an operation alone, by the step's name."""
    await paper.tenants.insert(things.tenant())
    await paper.operations.insert(things.operation())
    image = {"tenant_id": T, "image_id": "i1", "operation_id": "o1"}
    version = {"tenant_id": T, "version_id": "v1", "operation_id": "o1", "steps": ("createVm", "generalize")}
    return {
        RECORD_IMAGE_STEP: lambda name: ImageStepRecord.model_validate({**image, "step": name}),
        RECORD_VERSION_STEP: lambda name: VersionStepRecord.model_validate({**version, "step": name}),
    }


@pytest.mark.parametrize("contract", [RECORD_IMAGE_STEP, RECORD_VERSION_STEP])
async def test_a_step_of_an_operation_that_has_passed_does_not_begin_again(
    paper: PaperServices, given: Give, steps: dict[Any, Callable[[str], Any]], contract: Any
) -> None:
    at = paper.clock.now()
    for name in ("createVm", "generalize"):
        await given(contract, steps[contract](name))
    paper.hand.advance(timedelta(minutes=5))
    before = (await paper.operations.get(T, "o1")).value

    await given(contract, steps[contract]("createVm"), at=at)
    assert (await paper.operations.get(T, "o1")).value == before
    assert before.open_step == "generalize"


@pytest.fixture
async def checked(paper: PaperServices) -> PaperServices:
    """A connection that was never checked, and the operation of its check."""
    await paper.tenants.insert(things.tenant())
    await paper.connections.insert(things.connection(health_check_status=HealthStatus.PENDING))
    await paper.operations.insert(things.operation())
    return paper


async def connection(here: PaperServices) -> Any:
    due = await here.due.due(DueKind.RECHECK, here.clock.now() + timedelta(days=30))
    return (await here.connections.get(T, "c1")).value, [(each.at, each.subject_id) for each in due]


async def test_checks_that_have_ended_do_not_run_again(checked: PaperServices, given: Give) -> None:
    at = checked.clock.now()
    await given(RECORD_CONNECTION, CHECK)
    await given(RECORD_CONNECTION, CHECK.but(status=HealthStatus.PASSED, findings=(FINE,)))
    checked.hand.advance(timedelta(minutes=5))
    before = await connection(checked)

    await given(RECORD_CONNECTION, CHECK.but(joined=("PRB-1",)), at=at)
    assert await connection(checked) == before
    assert before[0].checking_since is None


async def test_checks_that_run_do_not_begin_anew(checked: PaperServices, given: Give) -> None:
    at = checked.clock.now() + timedelta(seconds=2)  # by the clock of the orchestrator, which is ahead of the worker's
    await given(RECORD_CONNECTION, CHECK, at=at)
    checked.hand.advance(timedelta(minutes=5))
    before = await connection(checked)

    await given(RECORD_CONNECTION, CHECK, at=at)
    assert await connection(checked) == before
    assert before[0].checking_since is not None


async def test_what_old_checks_found_does_not_end_those_that_run(checked: PaperServices, given: Give) -> None:
    await given(RECORD_CONNECTION, CHECK)
    at, failed = checked.clock.now(), CHECK.but(status=HealthStatus.FAILED, findings=(FOUND,))
    await given(RECORD_CONNECTION, failed)
    checked.hand.advance(timedelta(minutes=5))
    await given(RECORD_CONNECTION, CHECK.but(operation_id=None))
    before = await connection(checked)

    await given(RECORD_CONNECTION, failed, at=at)
    assert await connection(checked) == before
    assert before[0].checking_since is not None

    await given(RECORD_CONNECTION, CHECK.but(operation_id=None, status=HealthStatus.PASSED, findings=(FINE,)))
    before = await connection(checked)
    await given(RECORD_CONNECTION, failed, at=at)
    assert await connection(checked) == before
    assert before[0].health_check_status is HealthStatus.PASSED


async def test_an_old_removal_of_a_version_does_not_end_the_one_that_runs(paper: PaperServices, given: Give) -> None:
    await paper.image_versions.insert(image_things.version(status=VersionStatus.DELETING, operation_id="op-2"))
    left = VersionDeletedRecord(tenant_id=T, version_id="v1", operation_id="op-1", left=(FAILURE,))
    await given(RECORD_VERSION_DELETED, left, at=paper.clock.now() - timedelta(minutes=5))
    assert (await paper.image_versions.get(T, "v1")).value.status is VersionStatus.DELETING


async def test_a_version_s_machine_is_shut_down_when_the_order_said(paper: PaperServices, given: Give) -> None:
    await paper.image_versions.insert(image_things.version(status=VersionStatus.CREATING_VM, operation_id="op-1"))
    ready = VersionRecord(
        tenant_id=T, version_id="v1", operation_id="op-1", event=VersionEvent.MACHINE_READY, ends=True
    )
    at = paper.clock.now()
    for _ in range(2):
        await given(RECORD_VERSION, ready, at=at)
        paper.hand.advance(timedelta(minutes=5))
    due = await paper.due.due(DueKind.IMAGE_VERSION, at + timedelta(days=30))
    assert [each.at for each in due] == [at + SHUT_DOWN_AFTER]


@pytest.mark.parametrize("later", ["seen", "modified", None])
async def test_the_engine_s_old_plan_is_not_carried_out_again(
    office: PaperServices, given: Give, later: str | None
) -> None:
    at = office.clock.now()
    office.hand.advance(timedelta(minutes=5))
    since = office.clock.now() - timedelta(minutes=1)
    seen = HostSeen(at=since if later == "seen" else at, state="stopped", agent="Shutdown", since=at)
    host = session_host(1, seen=seen, last_modified_date_time=since if later == "modified" else at)
    await office.session_hosts.insert(host)
    stop = EngineStep(session_host_id="h1", action=EngineAction.STOP, reason=Reason.NOT_NEEDED, text="it is empty")
    plan = HostStepsOrder(tenant_id=T, spot_group_id=GROUP_ID, steps=(stop,))

    taken = await given(TAKE_HOST_STEPS, plan, IdleHost(), at=at)
    assert taken.taken == (0 if later else 1)
    assert ((await now(office)).work is None) is (later is not None)


async def test_a_spot_group_that_is_deleted_since_is_not_removed_by_an_older_order(
    office: PaperServices, given: Give
) -> None:
    at = office.clock.now()
    office.hand.advance(timedelta(minutes=5))
    since = office.clock.now() - timedelta(minutes=1)
    await office.spot_groups.change(T, GROUP_ID, lambda there: there.but(deleting_since=since))
    await office.session_hosts.insert(session_host(1))
    remove = SpotGroupOrder(tenant_id=T, spot_group_id=GROUP_ID)

    assert await given(REMOVE_SPOT_GROUP, remove, IdleHost(), at=at) == Done()
    assert (await now(office)).work is None
    await given(REMOVE_SPOT_GROUP, remove, IdleHost())
    assert (await now(office)).status is HostStatus.REMOVING
