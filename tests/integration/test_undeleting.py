"""A Cloud PC is built from the kept disk of a deleted one: its user's own, or another user's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.provisioning import replacement_order
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from shared.domain.cloud_pcs.lifecycle import Status
from shared.services.cloud_pcs.deleted import deleted_due
from shared.storage.due import Due, DueKind
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.deleted_things import COPIES, DELETED, OTHERS
from tests.integration.scenes import WORKS

ACTIONS = "POST tenants/{tenant}/cloudPCs/{id}"
ONE = "tenants/{tenant}/deletedCloudPCs/{id}"
DAY = timedelta(days=1)


@pytest.fixture
async def office(office: Office) -> Office:
    await office.cloud_pcs.insert(WORKS)
    for repository, copy in COPIES:
        await getattr(office, repository).insert(copy)
    return office


async def use(routes: dict[str, Any], name: str, deleted_id: str, **more: Any) -> tuple[int, dict[str, Any]]:
    route, body = f"{ACTIONS}/{name}", json.dumps({"deletedCloudPcId": deleted_id}).encode()
    answer = await ask(routes[route], route, body=body, at={"id": WORKS.id}, **more)
    return answer.status_code, json.loads(answer.get_body())


async def now(office: Office) -> CloudPc:
    return (await office.cloud_pcs.get(WORKS.tenant_id, WORKS.id)).value


async def copy_of(office: Office, deleted: DeletedCloudPc = DELETED) -> DeletedCloudPc:
    return (await office.deleted_cloud_pcs.get(deleted.tenant_id, deleted.id)).value


async def look(office: Office) -> object:
    nobody: Any = None
    return await deleted_due(office, nobody, Due(DueKind.DELETED, office.clock.now(), DELETED.tenant_id, DELETED.id))


@pytest.mark.parametrize(("name", "deleted"), [("undelete", DELETED), ("handOver", OTHERS)])
async def test_it_is_built_first_from_the_disk_and_by_the_policy_of_today(
    office: Office, routes: dict[str, Any], name: str, deleted: DeletedCloudPc
) -> None:
    status, operation = await use(routes, name, deleted.id)
    assert (status, operation.get("kind")) == (202, name), operation
    pc = await now(office)
    assert (pc.status, pc.current) == (WORKS.status, WORKS.current)
    assert pc.replacement is not None
    assert pc.replacement.disk == deleted.disk
    order = replacement_order(pc, things.tenant(), things.site(), things.connection())
    assert order is not None
    assert (order.disk, order.regions) == (deleted.disk, (deleted.disk.region,))
    assert order.computer_name == order.but(attempt=2).computer_name == deleted.disk.computer_name
    assert (await copy_of(office, deleted)).wanted_by == pc.id


@pytest.mark.parametrize(
    ("name", "deleted", "why"),
    [
        ("undelete", OTHERS, "it was another user's: hand it over"),
        ("handOver", DELETED, "it was the user's own: undelete it"),
        ("handOver", OTHERS.but(policy_id="p9"), "it had another service plan or policy"),
        ("undelete", DELETED.but(joined_domain=True), "a member of a domain is not built from a disk"),
        ("undelete", DELETED.but(status=DeletedStatus.REMOVING), "its disk is removing"),
        ("undelete", DELETED.but(status=DeletedStatus.COPYING), "its disk is copying"),
        ("undelete", DELETED.but(disk=DELETED.disk.but(size_in_gb=2048)), "a disk only grows: it has 2048 GB"),
        ("undelete", DELETED.but(disk=DELETED.disk.but(region="eastus")), "its disk is in eastus"),
    ],
)
async def test_what_does_not_fit_is_refused_with_the_reason_and_nothing_begins(
    office: Office, routes: dict[str, Any], name: str, deleted: DeletedCloudPc, why: str
) -> None:
    await office.deleted_cloud_pcs.change(deleted.tenant_id, deleted.id, lambda _: deleted)
    status, problem = await use(routes, name, deleted.id)
    assert (status, problem["detail"][: len(why)]) == (409, why)
    assert await now(office) == WORKS
    assert await copy_of(office, deleted) == deleted


@pytest.mark.parametrize("replaced", [False, True])
async def test_while_the_computer_of_the_disk_is_there_no_second_one_gets_its_name(
    office: Office, routes: dict[str, Any], *, replaced: bool
) -> None:
    """The machine is in use or waits for its removal: a clean-up of either would remove resources of the other."""
    made = things.cloud_pc().current.resources.but(computer_name=OTHERS.disk.computer_name.lower())
    holder = things.cloud_pc("bob").but(id="c" * 20)
    build = holder.current.but(resources=made)
    holder = holder.but(replacement=build) if replaced else holder.but(current=build)
    await office.cloud_pcs.insert(holder)
    status, problem = await use(routes, "handOver", OTHERS.id)
    assert (status, "the computer on the disk, is there" in problem["detail"]) == (409, True)
    assert await now(office) == WORKS
    assert (await copy_of(office, OTHERS)).wanted_by is None


async def test_a_user_whose_machine_was_built_from_the_disk_gets_no_second_one_of_its_name(
    office: Office, routes: dict[str, Any]
) -> None:
    made = WORKS.current.resources.but(computer_name=DELETED.disk.computer_name)
    await office.cloud_pcs.change(WORKS.tenant_id, WORKS.id, lambda pc: pc.with_current(resources=made))
    assert (await use(routes, "undelete", DELETED.id))[0] == 409
    assert (await now(office)).replacement is None


async def test_one_disk_is_used_by_one_cloud_pc_at_a_time(office: Office, routes: dict[str, Any]) -> None:
    """Another Cloud PC has asked for it before, or does so between the reading and the write."""
    asked = {"wanted_by": "c" * 20, "wanted_at": office.clock.now()}
    await office.deleted_cloud_pcs.change(OTHERS.tenant_id, OTHERS.id, lambda there: there.but(**asked))
    status, problem = await use(routes, "handOver", OTHERS.id)
    assert (status, problem["detail"]) == (409, "another Cloud PC is being built from this disk")
    office.hand.advance(timedelta(hours=2))  # it has come to nothing
    real = office.deleted_cloud_pcs.change

    async def late(*given: Any) -> Any:
        await real(OTHERS.tenant_id, OTHERS.id, lambda there: there.but(wanted_by="d" * 20))
        return await real(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.deleted_cloud_pcs, "change", late)
        assert (await use(routes, "handOver", OTHERS.id))[0] == 409
    assert await now(office) == WORKS
    assert (await copy_of(office, OTHERS)).wanted_by == "d" * 20


async def test_without_a_licence_or_a_cloud_pc_that_works_nothing_begins(
    office: Office, routes: dict[str, Any]
) -> None:
    office.directory.licences = {}
    assert (await use(routes, "undelete", DELETED.id))[0] == 409
    failed = edited(WORKS, status=Status.FAILED)
    await office.cloud_pcs.change(WORKS.tenant_id, WORKS.id, lambda _: failed)
    assert (await use(routes, "undelete", DELETED.id))[0] == 409
    assert (await use(routes, "undelete", "no-such-copy"))[1]["detail"] == "there is no such deleted Cloud PC"
    assert await now(office) == failed
    assert (await copy_of(office)).wanted_by is None


async def test_a_hand_over_is_for_administrators(office: Office, routes: dict[str, Any]) -> None:
    operator = signed_in("CloudPC.Operator")
    assert (await use(routes, "handOver", OTHERS.id, headers=operator))[0] == 403
    assert (await use(routes, "undelete", DELETED.id, headers=operator))[0] == 202


async def test_a_copy_is_not_removed_while_a_build_needs_it(office: Office, routes: dict[str, Any]) -> None:
    assert (await use(routes, "undelete", DELETED.id))[0] == 202
    office.hand.at = DELETED.kept_until + DAY
    assert await look(office) == office.hand.at + timedelta(minutes=15)
    answer = await ask(routes[f"DELETE {ONE}"], f"DELETE {ONE}", at={"id": DELETED.id})
    assert answer.status_code == 409, answer.get_body()
    assert (await copy_of(office)).status is DeletedStatus.KEPT


async def test_a_copy_whose_time_is_ended_by_hand_can_be_used_until_it_goes_and_no_longer(
    office: Office, routes: dict[str, Any]
) -> None:
    answer = await ask(routes[f"DELETE {ONE}"], f"DELETE {ONE}", at={"id": DELETED.id})
    assert answer.status_code == 204, answer.get_body()
    ended = await copy_of(office)
    assert ended.kept_until <= office.clock.now()
    assert [(due.subject_id, due.at) for due in await office.due.due(DueKind.DELETED, office.clock.now())] == [
        (DELETED.id, ended.kept_until)
    ]
    await office.deleted_cloud_pcs.change(
        DELETED.tenant_id, DELETED.id, lambda there: there.but(status=DeletedStatus.REMOVING)
    )
    assert (await use(routes, "undelete", DELETED.id))[0] == 409


async def test_before_its_end_it_is_looked_at_again_then(office: Office) -> None:
    assert await look(office) == DELETED.kept_until


async def test_a_copy_that_is_still_made_is_given_the_days_in_which_it_is_tried(office: Office) -> None:
    making = DELETED.but(status=DeletedStatus.COPYING, kept_until=DELETED.begun_at + DAY)
    await office.deleted_cloud_pcs.change(DELETED.tenant_id, DELETED.id, lambda _: making)
    office.hand.at = DELETED.begun_at + 2 * DAY
    assert await look(office) == DELETED.begun_at + 8 * DAY


async def test_a_kept_disk_that_somebody_deletes_is_being_removed_at_once(
    office: Office, routes: dict[str, Any]
) -> None:
    answer = await ask(routes[f"DELETE {ONE}"], f"DELETE {ONE}", at={"id": DELETED.id})
    assert answer.status_code == 204
    shown = await ask(routes[f"GET {ONE}"], f"GET {ONE}", at={"id": DELETED.id})
    assert json.loads(shown.get_body())["status"] == "removing"
    status, said = await use(routes, "undelete", DELETED.id)
    assert (status, "removing" in json.dumps(said)) == (409, True), said
