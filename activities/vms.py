"""The VM of a machine in Azure: its model, its health, and beginning to change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.clients.arm import begin
from shared.contracts.machines import Machine
from shared.contracts.ordered import is_delayed, is_later
from shared.contracts.outcomes import Accepted
from shared.dependencies import dependencies

_READY = "Ready"


@dataclass(frozen=True, slots=True)
class VmHealth:
    """Power state of a VM, in lower case, and status of Azure's agent in Windows; empty if Azure does not report it.

    *changed_at*: when the last operation on it ended.
    """

    power: str
    agent: str
    changed_at: datetime | None = None

    @property
    def is_past(self) -> bool:
        """Whether the running order came minutes late, and another operation on the VM has ended since."""
        return is_delayed(dependencies().clock.now()) and is_later(self.changed_at)

    @property
    def agent_is_ready(self) -> bool:
        """Whether the agent reports that it is ready."""
        return self.agent == _READY

    @property
    def answers(self) -> bool:
        """Whether the VM runs and its agent is ready."""
        return self.power == "running" and self.agent_is_ready


async def vm_of(machine: Machine) -> Any:  # noqa: ANN401 - the SDK's
    """Return the VM of a machine. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await vms.get(machine.resource_group, machine.vm_name)


async def read_vm_health(machine: Machine) -> VmHealth:
    """Return the health of the VM of a machine. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return vm_health(await vms.instance_view(machine.resource_group, machine.vm_name))


def vm_health(view: Any) -> VmHealth:  # noqa: ANN401 - the SDK's instance view
    """Return the health of a VM by its instance view."""
    codes = [str(status.code or "") for status in view.statuses or ()]
    power = next((code.partition("/")[2].lower() for code in codes if code.lower().startswith("powerstate/")), "")
    statuses = (view.vm_agent and view.vm_agent.statuses) or ()
    changed = [
        each.time for each in view.statuses or () if str(each.code or "").lower().startswith("provisioningstate/")
    ]
    agent = next((str(status.display_status or "") for status in statuses), "")
    return VmHealth(power, agent, next((each for each in changed if each), None))


async def begin_vm_update(machine: Machine, changed: dict[str, Any]) -> Accepted:
    """Begin to change properties of the VM; all others stay unchanged."""
    body: Any = {"properties": changed}
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await begin(
        lambda hook: vms.begin_update(
            machine.resource_group, machine.vm_name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )
