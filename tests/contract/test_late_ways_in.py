"""Orders to the machine of an image version that are delivered again when the work that gave them has ended."""

from datetime import datetime
from typing import Any

import pytest

from shared.contracts import image_versions as contracts
from shared.contracts import machines, remote_actions
from shared.contracts.outcomes import Done, Refused
from shared.domain.spot.images.image_version import ImageVersion, VersionAction, VersionActionName, VersionStatus
from tests.contract.test_activities_desktop import build
from tests.contract.test_activities_ways_in import MACHINE, WAY_IN, rules, worker
from tests.contract.worker import TENANT, Records, Worker
from tests.integration import things

__all__ = ["worker"]
pytestmark = pytest.mark.simulator


async def customised(worker: Worker) -> datetime:
    """Make a version whose machine is customised; return the moment of orders to it, an hour before."""
    await build(worker, MACHINE)
    services: Any = worker.deps
    services.operations = Records()
    act(worker, None)
    worker.cloud.advance(3600)
    return worker.deps.clock.now()


def act(worker: Worker, name: VersionActionName | None, status: VersionStatus = VersionStatus.CUSTOMIZING) -> None:
    """Begin an action on the machine now, or end the one that was at work."""
    services: Any = worker.deps
    now = worker.deps.clock.now()
    services.image_versions.values[MACHINE.owner.id] = ImageVersion(
        id=MACHINE.owner.id,
        tenant_id=TENANT.id,
        image_set_id="set",
        version="1.0.0",
        status=status,
        source=things.SOURCE,
        source_name="Windows",
        operation_id="op",
        action=VersionAction(name=name, operation_id=name.value, begun_at=now) if name else None,
        created_date_time=now,
        last_modified_date_time=now,
    )


async def until_done(worker: Worker, activity: Any, order: Any, given: datetime) -> Any:
    """Deliver an order again as often as it is pending, as the poll that is shown again does."""
    for _ in range(10):
        outcome = await worker.again(activity, order, given)
        if getattr(outcome, "kind", "") != "pending":
            return outcome
    return outcome


async def public_addresses(worker: Worker) -> list[str]:
    return [each.id for each in worker.cloud.cloud.world.resources if "/publicipaddresses/ver-" in each.id.lower()]


async def test_a_way_in_that_was_closed_is_not_opened_again(worker: Worker) -> None:
    """No due row would close it."""
    given = await customised(worker)
    act(worker, VersionActionName.CONNECT)
    await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    act(worker, VersionActionName.DISCONNECT)
    await worker.wait(contracts.CLOSE_WAY_IN, MACHINE)
    act(worker, None)
    worker.cloud.advance(300)

    assert isinstance(await until_done(worker, contracts.OPEN_WAY_IN, WAY_IN, given), Refused)
    assert (await rules(worker), await public_addresses(worker)) == ([], [])


@pytest.mark.parametrize("at_work", [None, VersionActionName.CONNECT])
async def test_a_way_in_that_was_opened_since_is_not_closed(worker: Worker, at_work: VersionActionName | None) -> None:
    given = await customised(worker)
    worker.cloud.advance(300)
    act(worker, VersionActionName.CONNECT)
    await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    if at_work is None:
        act(worker, None)

    assert isinstance(await until_done(worker, contracts.CLOSE_WAY_IN, MACHINE, given), Done)
    assert len(await rules(worker)) == len(await public_addresses(worker)) == 1


@pytest.mark.parametrize(
    "activity", [machines.BEGIN_DEALLOCATE, remote_actions.BEGIN_RESTART], ids=lambda each: str(each.name)
)
async def test_a_machine_that_somebody_customises_keeps_running(worker: Worker, activity: Any) -> None:
    given = await customised(worker)
    worker.cloud.advance(300)
    before = len(worker.cloud.cloud.world.operations)
    assert isinstance(await worker.again(activity, MACHINE, given), Done | Refused)
    assert len(worker.cloud.cloud.world.operations) == before


async def test_a_machine_that_was_shut_down_is_not_started(worker: Worker) -> None:
    given = await customised(worker)
    worker.cloud.advance(60)
    act(worker, VersionActionName.SHUT_DOWN)
    await worker.finish(await worker.do(machines.BEGIN_DEALLOCATE, MACHINE))
    worker.cloud.advance(300)
    before = len(worker.cloud.cloud.world.operations)
    assert isinstance(await worker.again(remote_actions.BEGIN_START, MACHINE, given), Done)
    assert len(worker.cloud.cloud.world.operations) == before


@pytest.mark.parametrize(("since", "stays"), [(0, False), (60, True)])
async def test_a_way_in_is_closed_late_only_in_the_step_that_ordered_it(
    worker: Worker, since: int, *, stays: bool
) -> None:
    """While a version is sealed, its operation says in which step it is."""
    given = await customised(worker)
    await worker.wait(contracts.OPEN_WAY_IN, WAY_IN)
    act(worker, None, VersionStatus.SEALING)
    services: Any = worker.deps
    given = worker.deps.clock.now()
    worker.cloud.advance(since)
    running = things.operation(id="op", kind="sealImageVersion")
    now = worker.deps.clock.now()
    services.operations.values["op"] = running.at_step("closeWayIn", {"closeWayIn": "Close"}, percent=0, at=now)
    worker.cloud.advance(300)
    await until_done(worker, contracts.CLOSE_WAY_IN, MACHINE, given)
    assert bool(await rules(worker)) is stays
