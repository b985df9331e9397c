"""Causes of the alerts about power, brought about by the service's own code."""

from datetime import timedelta

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.power.record import CloudPcPower, seen
from shared.domain.power.state import ObservedPower, PowerActor
from shared.services.power.acting import tell_of_outside
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.scenes import MADE
from tests.integration.services import PaperServices, perform


async def taken_back(deps: PaperServices, times: int) -> None:
    """Start a machine that a schedule has stopped, so many times, as somebody outside does."""
    power = CloudPcPower(id="pc", tenant_id="contoso", since=things.NOW, observed=ObservedPower.DEALLOCATED)
    for n in range(times):
        before = power.but(observed=ObservedPower.DEALLOCATED, changed_by=PowerActor.SCHEDULE)
        power = seen(before, ObservedPower.RUNNING, things.NOW + timedelta(hours=n + 1), things.NOW + timedelta(days=1))
        await tell_of_outside(deps, before, power, power.since)


async def refused_starts(deps: PaperServices, times: int) -> None:
    """Refuse the start of a Cloud PC, so many times."""
    for n in range(times):
        action = RemoteAction(name=Remote.POWER_ON, operation_id=f"start-{n}", begun_at=things.NOW, automatic=True)
        pc = things.cloud_pc("ada", status=Status.PROVISIONED, resources=MADE, snapshot=things.snapshot())
        await deps.cloud_pcs.save_all([Stored(pc.but(action=action), "*")])
        end = RemoteEnd(
            tenant_id=pc.tenant_id,
            cloud_pc_id=pc.id,
            operation_id=action.operation_id,
            name=Remote.POWER_ON,
            failure=Failure(code="AllocationFailed", message="no hardware"),
        )
        await perform(END_REMOTE_ACTION, end)
