"""The VM of a machine as Azure has it: what it is made of, how it is, and beginning to change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.clients.arm import begin
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted
from shared.dependencies import dependencies

_READY = "Ready"


@dataclass(frozen=True, slots=True)
class VmHealth:
    """How a VM is: its power in lower case, what Azure's agent in Windows says; each empty when Azure does not say."""

    power: str
    agent: str

    @property
    def agent_is_ready(self) -> bool:
        """Whether the agent says that Windows is up."""
        return self.agent == _READY

    @property
    def answers(self) -> bool:
        """Whether the VM runs and its agent answers."""
        return self.power == "running" and self.agent_is_ready


async def vm_of(machine: Machine) -> Any:  # noqa: ANN401 - the SDK's
    """Return the VM of a machine. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await vms.get(machine.resource_group, machine.vm_name)


async def read_vm_health(machine: Machine) -> VmHealth:
    """Return how the VM of a machine is. Raises: MissingError."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return vm_health(await vms.instance_view(machine.resource_group, machine.vm_name))


def vm_health(view: Any) -> VmHealth:  # noqa: ANN401 - the SDK's instance view
    """Return how a VM is, as its instance view tells."""
    codes = [str(status.code or "") for status in view.statuses or ()]
    power = next((code.partition("/")[2].lower() for code in codes if code.lower().startswith("powerstate/")), "")
    said = (view.vm_agent and view.vm_agent.statuses) or ()
    return VmHealth(power, next((str(status.display_status or "") for status in said), ""))


async def begin_vm_update(machine: Machine, changed: dict[str, Any]) -> Accepted:
    """Begin to change properties of the VM; those that are not named stay."""
    body: Any = {"properties": changed}
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await begin(
        lambda hook: vms.begin_update(
            machine.resource_group, machine.vm_name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )
