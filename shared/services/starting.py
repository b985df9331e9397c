"""Starting the build that a record asks for."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.provisioning import PROVISION, ProvisionOrder, provisioning_instance
from shared.domain.cloud_pc import CloudPc
from shared.storage.due import start_due, watch_due
from shared.wiring import Services
from shared.workflow import DurableClient, start


async def start_build(
    wired: Services, client: DurableClient, pc: CloudPc, order: ProvisionOrder, *, at: datetime
) -> None:
    """Start the build of *pc*, unless it runs: promised before that somebody looks whether it broke off."""
    await wired.due.put_all([watch_due(pc, at)])
    await start(client, PROVISION, order, instance_id=provisioning_instance(pc))
    await wired.due.drop(start_due(pc))
