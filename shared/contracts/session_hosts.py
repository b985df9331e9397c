"""The tasks of a session host, and the workflow that does each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from shared.contracts.definitions import Workflow
from shared.contracts.outcomes import Refused
from shared.domain import naming
from shared.domain.spot.host import HostTask, SessionHost
from shared.domain.values import Value


class HostTaskOrder(Value):
    """Do the task that the record says is being done. *run* tells it from earlier tasks of the same host.

    *broken_off*: an earlier instance began and came to no end: what it left is looked at first. *attempt*: of a build;
    0: as the record says. *parked_since*: since when it waits for capacity.
    """

    tenant_id: str
    spot_group_id: str
    session_host_id: str
    task: HostTask
    run: int
    broken_off: bool = False
    attempt: int = 0
    parked_since: datetime | None = None


class HostTaskDone(Value):
    """Result of a task."""

    outcome: Literal["done", "notDone", "failed", "superseded"]
    refused: Refused | None = None


RUN_HOST_TASK = Workflow("run_host_task", HostTaskOrder, HostTaskDone, longest_wait=timedelta(hours=3))


def host_task_instance(host: SessionHost) -> str | None:
    """Return the instance that does the task of a host, None while it has none."""
    return None if host.work is None else _instance(host.tenant_id, host.id, host.work.task, host.work.run)


def instances_of_run(tenant_id: str, host_id: str, run: int) -> tuple[str, ...]:
    """Return the instances that may have done the task of number *run*, whichever that was."""
    return tuple(_instance(tenant_id, host_id, task, run) for task in HostTask)


def _instance(tenant_id: str, host_id: str, task: HostTask, run: int) -> str:
    return naming.instance_id(tenant_id, host_id, f"host{task.value.capitalize()}", run)
