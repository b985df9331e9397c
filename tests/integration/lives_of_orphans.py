"""A life of orphans: a disk that no record knows is found and removed, twice under one name."""

from datetime import timedelta

from packages.azure_simulator.tests.bodies import REGION
from shared.contracts.inventory import FIND_ORPHANS, ScanOrder
from shared.domain import naming
from shared.domain.owner import Owner
from tests.integration import things
from tests.integration.lives import Life

T = things.TENANT_ID
_GROUP = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/{things.site().resource_group}"
_DISK = f"{_GROUP}/providers/Microsoft.Compute/disks/cpc-nobody-disk"


async def an_orphan_that_is_removed_twice(life: Life) -> None:
    """Found by one scan, removed by the next, made again under its name, found and removed once more."""
    tenant = (await life.deps.tenants.get(T)).value
    removing = tenant.settings.but(remove_orphans=True)
    await life.deps.tenants.change(T, lambda there: there.but(settings=removing))
    await life.cloud.arm("PUT", _GROUP, {"location": REGION})
    for _ in range(2):
        await _disk(life)
        for hours in (7, 1):
            await life.run(FIND_ORPHANS, ScanOrder(tenant_id=T))
            life.cloud.advance(timedelta(hours=hours).total_seconds())
        assert _DISK.casefold() not in {key.casefold() for key in life.resources()}


async def _disk(life: Life) -> None:
    body = {
        "location": REGION,
        "sku": {"name": "Premium_LRS"},
        "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32},
        "tags": {naming.TENANT_TAG: T, **Owner.cloud_pc("nobody").tags},
    }
    await life.cloud.arm("PUT", _DISK, body)
    life.cloud.advance(3600)
