"""A machine's power: begin to deallocate, restart or start it."""

from __future__ import annotations

from activities.at_work import at_work
from activities.vms import read_vm_health, vm_of
from shared.clients.arm import begin, properties
from shared.contracts.host_builds import BEGIN_HIBERNATE
from shared.contracts.machines import BEGIN_DEALLOCATE, Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.contracts.refusals import MissingError
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.dependencies import dependencies
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DEALLOCATE, fence=at_work)
async def begin_deallocate(machine: Machine) -> Accepted | Done | Refused:
    """Begin to deallocate the VM; done if it is deallocated or does not exist."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    try:
        health = await read_vm_health(machine)
        if health.power == "deallocated" or health.is_past:
            return Done()
        return await begin(
            lambda hook: vms.begin_deallocate(
                machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook
            ),
            resource_id=machine.vm_id,
        )
    except MissingError:
        return Done()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_HIBERNATE, fence=at_work)
async def begin_hibernate(machine: Machine) -> Accepted | Done | Refused:
    """Begin to hibernate the VM; done if it does not run. One that was made without it is refused."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.power in {"deallocated", "deallocating"} or health.is_past:
        return Done()
    capabilities = properties(await vm_of(machine)).get("additionalCapabilities") or {}
    if not capabilities.get("hibernationEnabled"):
        message = f"{machine.vm_name} was made without hibernation: its size, or its group then, did not have it"
        return Refused(code="hibernationNotEnabled", message=message, final=True)
    return await begin(
        lambda hook: vms.begin_deallocate(
            machine.resource_group, machine.vm_name, hibernate=True, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESTART, fence=at_work)
async def begin_restart(machine: Machine) -> Accepted | NoCapacity | Refused:
    """Begin to restart the VM; one that does not run is started, which needs capacity."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.is_past:
        return Accepted(resource_id=machine.vm_id)
    restart_or_start = vms.begin_restart if health.power == "running" else vms.begin_start
    return await begin(
        lambda hook: restart_or_start(machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_START, fence=at_work)
async def begin_start(machine: Machine) -> Accepted | Done | NoCapacity | Refused:
    """Begin to start the VM, which needs capacity; done if it runs."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.power == "running" or health.is_past:
        return Done()
    return await begin(
        lambda hook: vms.begin_start(machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook),
        resource_id=machine.vm_id,
    )
