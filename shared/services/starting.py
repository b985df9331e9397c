"""Starting the build that a record asks for."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.provisioning import PROVISION, ProvisionOrder, provisioning_instance
from shared.dependencies import Dependencies
from shared.domain.cloud_pc import CloudPc
from shared.storage.due import start_due, watch_due
from shared.workflow import DurableClient, start


async def start_build(
    deps: Dependencies, client: DurableClient, pc: CloudPc, order: ProvisionOrder, *, at: datetime
) -> None:
    """Start the build of *pc*, unless it runs: promised before that somebody looks whether it broke off."""
    await deps.due.put_all([watch_due(pc, at)])
    await start(client, PROVISION, order, instance_id=provisioning_instance(pc))
    await deps.due.drop(start_due(pc))
