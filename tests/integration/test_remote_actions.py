"""The record of a remote action, on real tables: told once or twice, and when the Cloud PC has moved on."""

from typing import Any

import pytest

from shared.contracts.outcomes import Done, Superseded
from shared.contracts.remote_actions import BEGIN_REMOTE_STEP, END_REMOTE_ACTION, RemoteEnd, RemoteStep
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.operations.operation import Operation, OperationStatus
from shared.storage.due import DueKind
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import PaperServices, perform

PC = things.cloud_pc(status=Status.PROVISIONED)
WHO: dict[str, Any] = {"tenant_id": PC.tenant_id, "cloud_pc_id": PC.id, "operation_id": "o1"}
FAILURE = Failure(code="AllocationFailed", message="no capacity")
POINT = RestorePoint(id="point", created_at=things.NOW, status="ready")


@pytest.fixture
async def here(paper: PaperServices) -> PaperServices:
    await paper.tenants.insert(things.tenant())
    await paper.operations.insert(things.operation(kind="reboot", resource_id=PC.id))
    return paper


async def begun(here: PaperServices, name: Remote, *, administrator: bool | None = None, **changes: Any) -> None:
    action = RemoteAction(
        name=name, operation_id="o1", begun_at=things.NOW, restore_point_id="point", administrator=administrator
    )
    await here.cloud_pcs.insert(edited(PC, action=action, restore_points=(POINT,), **changes))


async def record(here: PaperServices) -> CloudPc:
    return (await here.cloud_pcs.get(PC.tenant_id, PC.id)).value


async def operation(here: PaperServices) -> Operation:
    return (await here.operations.get(PC.tenant_id, "o1")).value


async def twice(contract: Any, order: Any) -> Any:
    first = await perform(contract, order)
    assert await perform(contract, order) == first
    return first


async def test_its_steps_and_its_end_are_recorded_once(here: PaperServices) -> None:
    await begun(here, Remote.REBOOT)
    for step in ("restart", "answer"):
        assert await twice(BEGIN_REMOTE_STEP, RemoteStep(**WHO, name=Remote.REBOOT, step=step)) == Done()
    await twice(END_REMOTE_ACTION, RemoteEnd(**WHO, name=Remote.REBOOT))
    told = await operation(here)
    assert (told.status, [step.outcome for step in told.steps]) == (OperationStatus.SUCCEEDED, ["succeeded"] * 2)
    assert (await record(here)).action is None


async def test_an_action_whose_record_has_moved_on_is_over(here: PaperServices) -> None:
    await here.cloud_pcs.insert(PC)
    step = RemoteStep(**WHO, name=Remote.REBOOT, step="restart")
    assert await twice(BEGIN_REMOTE_STEP, step) == Superseded()
    told = await operation(here)
    assert (told.status, told.error and told.error.code) == (OperationStatus.FAILED, "superseded")


async def test_what_it_comes_to_after_the_record_has_moved_on_changes_nothing(here: PaperServices) -> None:
    await here.cloud_pcs.insert(PC)
    await twice(END_REMOTE_ACTION, RemoteEnd(**WHO, name=Remote.CHANGE_USER_ACCOUNT_TYPE))
    assert await record(here) == PC


async def test_an_account_that_is_right_at_last_is_no_warning_any_more(here: PaperServices) -> None:
    warned = (Warn(step="assignLocalAdministrator", message="no"),)
    await begun(
        here,
        Remote.CHANGE_USER_ACCOUNT_TYPE,
        administrator=True,
        status=Status.PROVISIONED_WITH_WARNINGS,
        warnings=warned,
    )
    await twice(END_REMOTE_ACTION, RemoteEnd(**WHO, name=Remote.CHANGE_USER_ACCOUNT_TYPE))
    pc = await record(here)
    assert (pc.status, pc.current.warnings) == (Status.PROVISIONED, ())
    assert pc.current.snapshot is not None
    assert pc.current.snapshot.configuration.local_admin_enabled is True


@pytest.mark.parametrize("failure", [None, FAILURE])
async def test_a_restore_ends_as_it_began_and_the_user_is_planned_anew(
    here: PaperServices, failure: Failure | None
) -> None:
    warnings = (Warn(step="setTeamsVdiMode", message="no"),)
    await begun(here, Remote.RESTORE, status=Status.RESTORING, warnings=warnings, disks=("old", "new"))
    new_disk = None if failure else "new"
    await twice(END_REMOTE_ACTION, RemoteEnd(**WHO, name=Remote.RESTORE, failure=failure, new_disk=new_disk))
    pc = await record(here)
    assert (pc.status, pc.current.warnings) == (Status.PROVISIONED_WITH_WARNINGS, warnings)
    assert pc.current.disks == (("old", "new") if failure else ("new",))
    assert (pc.current.restore_points[0].last_restored_at is None) == (failure is not None)
    assert [due.subject_id for due in await here.due.due(DueKind.REREAD, here.clock.now())] == [PC.user.id]
    assert (await operation(here)).error == failure


async def test_a_restore_point_is_ready_when_it_was_made_and_forgotten_when_not(here: PaperServices) -> None:
    await begun(here, Remote.CREATE_SNAPSHOT)
    older = RestorePoint(id="older", created_at=things.NOW, status="ready")
    half = POINT.but(status="creating")
    await here.cloud_pcs.change(PC.tenant_id, PC.id, lambda pc: edited(pc, restore_points=(older, half)))
    await twice(END_REMOTE_ACTION, RemoteEnd(**WHO, name=Remote.CREATE_SNAPSHOT, forgotten=("older",)))
    assert [(point.id, point.status) for point in (await record(here)).current.restore_points] == [("point", "ready")]
    assert (await operation(here)).status is OperationStatus.SUCCEEDED
