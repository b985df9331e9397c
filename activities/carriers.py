"""Removal of the extensions and run commands that carried the join password."""

from __future__ import annotations

from activities.fencing import of_its_machine
from shared.clients.arm import begin
from shared.contracts.carriers import BEGIN_CARRIER_REMOVAL, CarrierOrder
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CARRIER_REMOVAL, fence=of_its_machine)
async def begin_carrier_removal(order: CarrierOrder) -> Accepted | Done | Refused:
    """Begin to delete a run command or an extension; done if it does not exist, or Azure has nothing to wait for.

    A machine that was joined stays joined (docs/notes/azure.md 1.5).
    """
    machine, carrier = order.machine, order.carrier
    compute = dependencies().compute(machine.subscription_id)
    run_commands, extensions = compute.virtual_machine_run_commands, compute.virtual_machine_extensions
    delete = run_commands.begin_delete if carrier.kind == "runCommands" else extensions.begin_delete
    try:
        begun = await begin(
            lambda hook: delete(
                machine.resource_group, machine.vm_name, carrier.name, polling=False, raw_response_hook=hook
            ),
            resource_id=f"{machine.vm_id}/{carrier}",
            deletes=True,
        )
    except MissingError:
        return Done()
    return begun if begun.operation_url else Done()
