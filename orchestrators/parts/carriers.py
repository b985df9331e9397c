"""The run command or extension that carried the join password is removed from its machine once it has served."""

from __future__ import annotations

from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.carriers import BEGIN_CARRIER_REMOVAL, CARRIER_POLL, Carrier, CarrierOrder
from shared.contracts.machines import Machine
from shared.domain.cloud_pcs.build import Failure
from shared.workflow import Context, Steps


def remove_carrier(ctx: Context, machine: Machine, carrier: Carrier) -> Steps[Failure | None]:
    """Remove *carrier* from *machine*; return why it stays, None when it is gone. Nothing else fails for it."""
    work = Work(ctx)
    try:
        operation = yield from work.do(BEGIN_CARRIER_REMOVAL, CarrierOrder(machine=machine, carrier=carrier))
        yield from work.finish(machine, operation, CARRIER_POLL)
    except WorkFailedError as failed:
        return failed.failure
    return None
