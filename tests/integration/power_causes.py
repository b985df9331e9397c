"""Causes of the alerts about power, brought about by the service's own code."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from shared.contracts.remote_actions import END_REMOTE_ACTION, RemoteEnd
from shared.contracts.session_hosts import SESSIONS_IN_THE_WAY
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
        await _failed(deps, Remote.POWER_ON, f"start-{n}", Failure(code="AllocationFailed", message="no hardware"))


async def refused_stops(deps: PaperServices, times: int) -> None:
    """Refuse the stop of a Cloud PC, so many times; a session that is in the way does not count."""
    for n in range(times):
        await _failed(deps, Remote.POWER_OFF, f"stop-{n}", Failure(code="ScopeLocked", message="a lock"))
        busy = Failure(code=SESSIONS_IN_THE_WAY, message="1 active session would be lost")
        await _failed(deps, Remote.POWER_OFF, f"busy-{n}", busy)


async def _failed(deps: PaperServices, name: Remote, operation_id: str, failure: Failure) -> None:
    action = RemoteAction(name=name, operation_id=operation_id, begun_at=things.NOW, automatic=True)
    pc = things.cloud_pc("ada", status=Status.PROVISIONED, resources=MADE, snapshot=things.snapshot())
    await deps.cloud_pcs.save_all([Stored(pc.but(action=action), "*")])
    end = RemoteEnd(tenant_id=pc.tenant_id, cloud_pc_id=pc.id, operation_id=operation_id, name=name, failure=failure)
    await perform(END_REMOTE_ACTION, end)


POWER_CAUSES = {
    "power-is-disputed": (taken_back, 2),
    "starts-are-refused": (refused_starts, 3),
    "stops-are-refused": (refused_stops, 3),
}
"""By alert the cause that brings it about, and the fewest times that it takes."""


def brought(cause: Callable[[PaperServices, int], Awaitable[None]], times: int) -> Callable[[Any], Awaitable[None]]:
    """Return the cause for a stage of the alerts' tests."""
    return lambda stage: cause(stage.deps, times)
