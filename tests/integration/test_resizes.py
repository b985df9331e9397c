"""Resizes that wait for their licence, seen by plans: on real tables, with a directory on paper."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import request
from shared.domain.machines.service_plan import service_plan
from shared.domain.tenants.directory import SubscribedSku
from shared.errors import UnavailableError
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import here, plan, records

__all__ = ["here"]


async def small_desk(here: PaperServices, *, held: tuple[str, ...]) -> CloudPc:
    """Give Ada a small Cloud PC, and these licences."""
    here.directory.skus.append(SubscribedSku(sku_id="sku-2", sku_part_number="CPC_E_4C_16GB_256GB", enabled=9))
    here.directory.licences["ada"] = held
    return (await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED))).value


async def ask_for_resize(here: PaperServices, small: CloudPc) -> CloudPc:
    """Let it wait for the licence of a large one."""
    large = service_plan("sku-2", "CPC_E_4C_16GB_256GB", {})
    assert large is not None
    await here.operations.insert(things.operation(id="resize", kind="resize", resource_id=small.id))
    return await here.cloud_pcs.change("contoso", small.id, lambda pc: request(pc, large, "resize", 48, things.NOW))


@pytest.mark.parametrize("held", [("sku-2",), ("sku-1", "sku-2")])
async def test_a_resize_begins_with_its_licence_and_nothing_is_built_for_it(
    here: PaperServices, held: tuple[str, ...]
) -> None:
    pc = await ask_for_resize(here, await small_desk(here, held=held))
    assert (await plan("ada")).groups == ()
    ada = (await records(here))["ada"]
    assert (ada.id, ada.status, ada.action and ada.action.operation_id) == (pc.id, Status.RESIZING, "resize")
    assert [due.subject_id for due in await here.due.due(DueKind.ACT, here.hand.at)] == [pc.id]
    assert (await plan("ada")).groups == ()


@pytest.mark.parametrize(
    ("held", "status"), [(("sku-1",), Status.PROVISIONED), ((), Status.IN_GRACE_PERIOD)], ids=["kept", "gone"]
)
async def test_a_licence_that_is_late_ends_the_resize_and_its_operation(
    here: PaperServices, held: tuple[str, ...], status: Status
) -> None:
    await ask_for_resize(here, await small_desk(here, held=held))
    here.hand.advance(timedelta(hours=47))
    await plan("ada")
    assert (await records(here))["ada"].status is Status.RESIZE_PENDING_LICENSE
    here.hand.advance(timedelta(hours=1))
    await plan("ada")
    ada = (await records(here))["ada"]
    told = (await here.operations.get("contoso", "resize")).value
    assert (ada.status, ada.swap) == (status, None)
    assert told.error is not None
    assert told.error.code == "licenseNotAssigned"


async def test_a_plan_that_has_not_seen_the_resize_builds_nothing_for_its_licence(here: PaperServices) -> None:
    """The plan read the records, then somebody asked for the resize: only one of them can have the licence."""
    small, real = await small_desk(here, held=("sku-1", "sku-2")), here.directory.subscribed_skus

    async def meanwhile() -> Any:
        here.directory.subscribed_skus = real  # type: ignore[method-assign]
        await ask_for_resize(here, small)
        return await real()

    here.directory.subscribed_skus = meanwhile  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        await plan("ada")
    assert (await plan("ada")).groups == ()
    assert [stored.value.status async for stored in here.cloud_pcs.each("contoso")] == [Status.RESIZING]
