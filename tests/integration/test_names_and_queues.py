"""A Cloud PC that is built again: its name follows its policy, and it waits for a licence like any other."""

from datetime import timedelta

import pytest

from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, Removal, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.cloud_pcs.replacing import REPROVISION, RETRY, Rebuild, replaced
from shared.services.cloud_pcs.builds import rebuild
from shared.services.cloud_pcs.remote_actions import rename
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_by_hand import FAILED, call, here
from tests.integration.test_reconciliation import plan, records

__all__ = ["here"]

READY = things.cloud_pc(status=Status.PROVISIONED, attempt=1)


@pytest.mark.parametrize(("pc", "kind"), [(FAILED, RETRY), (READY, REPROVISION)], ids=["retry", "reprovision"])
async def test_a_rebuilt_cloud_pc_has_the_name_of_the_policy_that_builds_it(
    here: PaperServices, pc: CloudPc, kind: Rebuild
) -> None:
    await here.cloud_pcs.insert(pc)
    await here.policies.change("contoso", "p1", lambda policy: policy.but(display_name="New desks"))
    await rebuild((await call(here)).context, IdleHost(), pc.id, kind)
    assert (await records(here))["ada"].display_name == f"New desks - {pc.user.display_name}"


async def test_a_name_that_a_person_gave_survives_every_build(here: PaperServices) -> None:
    await here.cloud_pcs.insert(READY)
    await rename((await call(here, trace="rename")).context, READY.id, "Ada's own")
    await rebuild((await call(here)).context, IdleHost(), READY.id, REPROVISION)
    assert (await records(here))["ada"].display_name == "Ada's own"


@pytest.mark.parametrize(("renamed", "name"), [(False, "Second - Ada"), (True, "Ada's own")])
def test_a_machine_that_takes_the_place_brings_the_name_of_its_policy(*, renamed: bool, name: str) -> None:
    new = Build(generation=9, snapshot=things.snapshot(policy_name="Second"), resources=Resources())
    pc = READY.but(display_name="Ada's own", renamed=renamed, replacement=new, user=READY.user.but(display_name="Ada"))
    later = things.NOW + timedelta(hours=1)
    assert replaced(pc, Resources(), (), at=things.NOW, clean_up_at=later).display_name == name


async def test_a_retry_waits_for_a_licence_like_any_other(here: PaperServices) -> None:
    grace = Grace(cause=RemovalCause.LICENSE_REMOVED, started_at=things.NOW, ends_at=things.NOW + timedelta(days=7))
    await here.cloud_pcs.insert(things.cloud_pc("old", status=Status.IN_GRACE_PERIOD, grace=grace))
    await here.cloud_pcs.insert(FAILED)
    here.directory.licences["old"] = ()
    here.directory.skus = [here.directory.skus[0].but(enabled=1)]
    host = IdleHost()
    await rebuild((await call(here)).context, host, FAILED.id, RETRY)
    assert [order["userIds"] for order in host.orders] == [[FAILED.user.id]]  # it is planned, and not begun
    assert (await plan("ada")).groups == ()
    assert "position 1 in the queue" in str((await records(here))["ada"].current.reason)

    here.directory.skus = [here.directory.skus[0].but(enabled=2)]
    assert (await plan("ada")).groups == ((FAILED.id,),)


async def test_the_brake_counts_the_builds_that_were_cancelled_within_the_last_hour(here: PaperServices) -> None:
    names = [f"u{number:02d}" for number in range(11)]
    here.directory.groups["g1"] = {"ada"}
    here.directory.licences |= dict.fromkeys(names, ("sku-1",))
    gone = Removal(cause=RemovalCause.USER_LEFT_GROUP, seen_at=things.NOW)
    for name in names[:10]:
        await here.cloud_pcs.insert(things.cloud_pc(name, status=Status.DEPROVISIONING, attempt=1, removal=gone))
    await here.cloud_pcs.insert(things.cloud_pc(names[10], status=Status.PROVISIONING, attempt=1))
    await plan(names[10])
    last = (await records(here))[names[10]]
    assert (last.status, last.current.phase) == (Status.PROVISIONING, Phase.BUILDING)
    assert last.removal is not None
    assert "11 of 11 Cloud PCs would be removed at once" in last.removal.why
