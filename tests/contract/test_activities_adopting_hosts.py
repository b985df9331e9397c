"""A session host that is there and that no record knows: what Azure shows of it decides whether it is adopted."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from shared.contracts import session_hosts
from shared.contracts.inventory import (
    ADOPT,
    COMPARE_RESOURCE_GROUP,
    AdoptionTried,
    AdoptOrder,
    Compared,
    ResourceGroupScanOrder,
)
from shared.domain import naming
from shared.domain.cloud_pcs.adopting import UnknownMachine
from shared.domain.cloud_pcs.orphans import ComputerName
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.hosts.host import HostStatus, HostTask, HostWork, SessionHost, host_id
from shared.storage.repository import Stored
from tests.contract import test_activities_hosts as built
from tests.contract.test_activities_desktop import IMAGE
from tests.contract.worker import REGION, TENANT, UPN, Records, Worker, working
from tests.integration import things
from tests.integration.desks import member, session_host, spot_group

pytestmark = pytest.mark.simulator

NUMBER = 3
HOST_ID = host_id("g1", NUMBER)
MACHINE = built.MACHINE.but(owner=Owner(kind=OwnerKind.SESSION_HOST, id=HOST_ID))
AREA = ResourceGroupScanOrder(
    tenant_id=TENANT.id, subscription_id=MACHINE.subscription_id, resource_group=MACHINE.resource_group
)
SEEN = UnknownMachine(subject_id=HOST_ID, of_host=True, vm_id=MACHINE.vm_id, computer_name=MACHINE.computer_name)


class Written(Records):
    """Records that are written to."""

    async def save_all(self, stored: list[Stored[Any]]) -> None:
        self.values |= {self.key(each.value): each.value for each in stored}

    async def insert(self, value: Any) -> None:
        self.values[self.key(value)] = value

    async def change(self, tenant_id: str, id_: str, edit: Any) -> Any:
        del tenant_id
        self.values[id_] = edit(self.values[id_]) or self.values[id_]
        return self.values[id_]

    async def each(self, tenant_id: str | None = None, **columns: str) -> AsyncIterator[Stored[Any]]:
        async for stored in super().each(tenant_id):
            each, user = stored.value, getattr(stored.value, "user", None)
            has = {"group_id": getattr(each, "group_id", None), "user_id": getattr(each, "user_id", None)}
            has |= {"user_principal_name": user.user_principal_name.casefold()} if user else {}
            if columns.items() <= has.items():
                yield stored

    async def of_group(self, tenant_id: str, group_id: str) -> list[SessionHost]:
        return [each for each in self.values.values() if (each.tenant_id, each.spot_group_id) == (tenant_id, group_id)]

    @staticmethod
    def key(value: Any) -> str:
        return value.name.upper() if isinstance(value, ComputerName) else value.id


class Told:
    """The audit events that were recorded."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    async def append(self, event: Any) -> None:
        self.events.append(event)


class Restored:
    """The tenant's records were restored, if *it_was*."""

    it_was = False

    async def comparing(self) -> frozenset[str]:
        return frozenset({TENANT.id}) if self.it_was else frozenset()


async def personal_pool(worker: Worker) -> None:
    """Make a pool in which each host is one user's."""
    await worker.cloud.arm("PUT", built.HOST_GROUP, {"location": REGION, "tags": {naming.TENANT_TAG: TENANT.id}})
    properties = {
        "hostPoolType": "Personal",
        "loadBalancerType": "Persistent",
        "preferredAppGroupType": "Desktop",
        "personalDesktopAssignmentType": "Direct",
    }
    await worker.cloud.arm("PUT", built.POOL, {"location": REGION, "properties": properties})


@pytest.fixture
def kind() -> LicenseType:
    return LicenseType.POOLED


@pytest.fixture
async def worker(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, kind: LicenseType
) -> AsyncIterator[Worker]:
    """Run a cloud with one session host that serves, and no record of it."""
    if kind is LicenseType.PERSONAL_DEDICATED:
        monkeypatch.setattr(built, "pool", personal_pool)
    monkeypatch.setattr(built, "MACHINE", MACHINE)
    monkeypatch.setattr(built, "IN_POOL", built.IN_POOL.but(machine=MACHINE))
    async with working(certificates, monkeypatch) as found:
        deps: Any = found.deps
        deps.session_hosts, deps.computer_names, deps.spot_states = Written(), Written(), Written()
        deps.spot_members, deps.cloud_pcs = Written(), Written()
        deps.image_versions, deps.audit, deps.restores = Records(), Told(), Restored()
        deps.spot_groups = Records({"g1": spot_group(id="g1", tenant_id=TENANT.id, license_type=kind)})
        found.keep(things.connection().but(tenant_id=TENANT.id, subscription_id=MACHINE.subscription_id))
        await built.made(found)
        await built.configured(found)
        await built.registered(found)
        await found.do(session_hosts.OPEN_HOST, built.IN_POOL)
        yield found


def services(worker: Worker) -> Any:
    return worker.deps


async def adopt(worker: Worker) -> AdoptionTried:
    tried = await worker.do(ADOPT, AdoptOrder(tenant_id=TENANT.id, seen=SEEN))
    assert isinstance(tried, AdoptionTried), tried
    return tried


async def test_a_living_host_without_a_record_is_adopted_as_azure_shows_it(worker: Worker) -> None:
    deps = services(worker)
    assert (await worker.do(COMPARE_RESOURCE_GROUP, AREA)).unknown == (SEEN,)
    assert await adopt(worker) == AdoptionTried(adopted=True)

    host = deps.session_hosts.values[HOST_ID]
    made = host.resources
    assert (host.status, host.spot_group_id, host.proven, host.work) == (HostStatus.READY, "g1", True, None)
    assert (made.vm_id, made.computer_name, made.session_host) == (MACHINE.vm_id, *2 * [MACHINE.computer_name])
    assert made.host_pool_id == built.POOL
    assert made.entra_device_id
    assert host.run > session_host(1).run + 1_000_000
    # No number is given twice, its computer name is known as its own, and the event says what was seen.
    assert deps.spot_states.values["g1"].host_number == NUMBER
    assert deps.computer_names.values[MACHINE.computer_name].of_host
    assert [event.activity for event in deps.audit.events] == ["Microsoft.CloudPC/sessionHosts/adopted"]
    worker.cloud.advance(60)
    assert await worker.do(COMPARE_RESOURCE_GROUP, AREA) == Compared()


async def test_the_version_of_a_host_is_read_from_its_image(worker: Worker) -> None:
    deps = services(worker)
    await adopt(worker)
    assert deps.session_hosts.values[HOST_ID].image_version == "0.0.0"  # the set's source
    assert deps.session_hosts.values[HOST_ID].image == IMAGE


async def test_after_a_restore_a_build_that_has_ended_since_is_adopted_and_its_task_ends(worker: Worker) -> None:
    deps = services(worker)
    at = worker.deps.clock.now() - timedelta(hours=6)
    work = HostWork(task=HostTask.BUILD, run=1, begun_at=at)
    known = {"id": HOST_ID, "tenant_id": TENANT.id, "spot_group_id": "g1", "created_date_time": at}
    before = session_host(1, **known, status=HostStatus.BUILDING, work=work, run=1, last_modified_date_time=at)
    deps.session_hosts.values[HOST_ID] = before
    assert await worker.do(COMPARE_RESOURCE_GROUP, AREA) == Compared()  # the build goes on
    deps.restores.it_was = True
    assert (await worker.do(COMPARE_RESOURCE_GROUP, AREA)).unknown == (SEEN,)
    assert (await adopt(worker)).adopted
    after = deps.session_hosts.values[HOST_ID]
    assert (after.status, after.work, after.created_date_time) == (HostStatus.READY, None, at)


async def test_a_build_whose_host_nobody_uses_yet_is_left_to_go_on(worker: Worker) -> None:
    deps = services(worker)
    at = worker.deps.clock.now() - timedelta(hours=6)
    work = HostWork(task=HostTask.BUILD, run=1, begun_at=at)
    known = {"id": HOST_ID, "tenant_id": TENANT.id, "spot_group_id": "g1", "last_modified_date_time": at}
    before = session_host(1, **known, status=HostStatus.BUILDING, work=work, run=1)
    deps.session_hosts.values[HOST_ID], deps.restores.it_was = before, True
    await worker.do(session_hosts.CLOSE_HOST, built.IN_POOL)
    assert await adopt(worker) == AdoptionTried(adopted=False)
    assert deps.session_hosts.values[HOST_ID] == before


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
async def test_a_dedicated_host_stays_with_its_user(worker: Worker) -> None:
    await assign(worker)
    keep_member(worker, worker.user.id)
    assert (await adopt(worker)).adopted
    assert services(worker).session_hosts.values[HOST_ID].assigned_user_id == worker.user.id


OLD = "ada.old@contoso.example"


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
async def test_a_dedicated_host_stays_with_its_user_after_a_rename(worker: Worker) -> None:
    """The pool shows the name with which it was assigned, which the directory does not know any more."""
    await assign(worker, OLD)
    keep_member(worker, worker.user.id, former_names=(OLD,))
    assert (await adopt(worker)).adopted
    assert services(worker).session_hosts.values[HOST_ID].assigned_user_id == worker.user.id


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
@pytest.mark.parametrize("group_id", ["g1", "g2"])
async def test_who_got_the_name_of_a_dedicated_user_does_not_get_the_host(worker: Worker, group_id: str) -> None:
    """It has the profile of the first one, wherever it was seen that the name was theirs."""
    await assign(worker)
    keep_member(worker, worker.user.id)
    keep_member(worker, "first", "first.new@contoso.example", former_names=(UPN,), group_id=group_id)
    tried = await adopt(worker)
    assert (tried.adopted, tried.in_use) == (False, True)
    assert "more than one user has, or has had" in (tried.why_not or "")
    assert services(worker).session_hosts.values == {}


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
@pytest.mark.parametrize("group_id", [None, "g2"])
async def test_a_dedicated_host_of_nobody_in_its_group_waits_for_a_person(worker: Worker, group_id: str | None) -> None:
    await assign(worker)
    if group_id is not None:
        keep_member(worker, worker.user.id, group_id=group_id)
    tried = await adopt(worker)
    assert (tried.adopted, tried.in_use) == (False, True)
    assert "not a member of its Spot Group" in (tried.why_not or "")


def keep_member(worker: Worker, user_id: str, name: str = UPN, **changes: Any) -> None:
    """Put a member of the Spot Group into the records."""
    known = {"tenant_id": TENANT.id, "group_id": "g1", "user_id": user_id, "user_principal_name": name, **changes}
    there = member(name, **known)
    services(worker).spot_members.values[there.id] = there


async def assign(worker: Worker, name: str = UPN) -> None:
    body = {"properties": {"assignedUser": name, "allowNewSession": True}}
    await worker.cloud.arm("PATCH", f"{built.POOL}/sessionHosts/{MACHINE.computer_name}", body)


@pytest.mark.parametrize("kind", [LicenseType.PERSONAL_DEDICATED])
async def test_two_hosts_of_one_user_wait_for_a_person_and_a_ghost_is_none(worker: Worker) -> None:
    deps = services(worker)
    await assign(worker)
    keep_member(worker, worker.user.id)
    other = session_host(1, tenant_id=TENANT.id, spot_group_id="g1", assigned_user_id=worker.user.id)
    other = other.but(resources=other.resources.but(vm_id=MACHINE.vm_id, computer_name="SPOT-OTHER"))
    deps.session_hosts.values["h1"] = other

    tried = await adopt(worker)
    assert (tried.adopted, tried.in_use) == (False, True)
    assert "so is the session host SPOT-OTHER" in (tried.why_not or "")
    ghost = other.resources.but(vm_id=f"{MACHINE.vm_id}-gone")
    deps.session_hosts.values["h1"] = other.but(resources=ghost)
    assert (await adopt(worker)).adopted


@pytest.mark.parametrize(
    ("why", "in_use"),
    [("its Spot Group is not known", False), ("none that the Spot Group", True), ("not in the host pool", False)],
)
async def test_what_does_not_agree_is_told_and_changes_nothing(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, why: str, *, in_use: bool
) -> None:
    deps = services(worker)
    if "not known" in why:
        deps.spot_groups.values.clear()
    elif "none that" in why:
        monkeypatch.setattr("activities.spot.adopting_hosts.numbers_of", lambda *_: {})
    else:
        await worker.cloud.arm("DELETE", f"{built.POOL}/sessionHosts/{MACHINE.computer_name}")
    tried = await adopt(worker)
    assert why in (tried.why_not or "")
    assert (tried.adopted, tried.in_use) == (False, in_use)
    assert deps.session_hosts.values == {}
