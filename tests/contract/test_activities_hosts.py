"""A session host of a Spot Group made, used and stopped by the activities, as the orchestrator has them called."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import desktops, joining, machines, session_hosts
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain import naming
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import JoinType
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.groups.group import LicenseType, host_hardware
from shared.domain.spot.hosts.host import HostWindows, ProfileContainers
from tests.contract.test_activities_desktop import IMAGE, NETWORK
from tests.contract.worker import REGION, TENANT, Worker, working

pytestmark = pytest.mark.simulator

HOSTS = "deskwright-contoso-spot-g1"
HOST_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{HOSTS}"
POOL = f"{HOST_GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/spot-g1"
SHARE = r"\\files.contoso.example\profiles$"
WINDOWS = HostWindows(
    profile_path=SHARE,
    data_path=r"\\files.contoso.example\data",
    active_minutes=30,
    disconnected_minutes=90,
    kerberos=True,
)
MACHINE = Machine(
    tenant_id=TENANT.id,
    owner=Owner(kind=OwnerKind.SESSION_HOST, id="h1"),
    subscription_id=SUBSCRIPTION,
    resource_group=HOSTS,
    region=REGION,
    computer_name="SPOT-AB12CD34",
    more_tags={"cost": "desks", naming.SPOT_GROUP_TAG: "g1"},
)
IN_POOL = session_hosts.HostSessionsOrder(machine=MACHINE, host_pool_id=POOL)
PLAN: ServicePlan = host_hardware(LicenseType.PERSONAL)


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def pool(worker: Worker) -> None:
    await worker.cloud.arm("PUT", HOST_GROUP, {"location": REGION, "tags": {naming.TENANT_TAG: TENANT.id}})
    properties = {"hostPoolType": "Pooled", "loadBalancerType": "BreadthFirst", "preferredAppGroupType": "Desktop"}
    await worker.cloud.arm("PUT", POOL, {"location": REGION, "properties": properties})


async def made(worker: Worker, *, low_priority: bool = False, hibernation: bool = False) -> Any:
    """Make the machine and join it; return it as Azure shows it."""
    await pool(worker)
    ready = await worker.wait(machines.PREPARE_HOSTED_NETWORK, NETWORK)
    nic = await worker.do(machines.CREATE_NIC, machines.NicOrder(machine=MACHINE, subnet_ids=ready.subnet_ids))
    capacity = machines.CapacityOrder(
        tenant_id=TENANT.id,
        owner=MACHINE.owner,
        subscription_id=SUBSCRIPTION,
        plan=PLAN.but(vm_sizes=("Standard_D2s_v5",)) if hibernation else PLAN,  # a B-series machine cannot
        regions=(REGION,),
        low_priority=low_priority,
    )
    place = await worker.do(machines.ALLOCATE_CAPACITY, capacity)
    order = machines.VmOrder(
        machine=MACHINE,
        place=place,
        nic_id=nic.nic_id,
        image=IMAGE,
        disk_size_in_gb=128,
        low_priority=low_priority,
        hibernation=hibernation,
    )
    assert isinstance(await worker.finish(await worker.do(machines.BEGIN_VM, order)), machines.Finished)
    assert isinstance(await worker.wait(machines.POLL_AGENT, MACHINE), Done)
    joined = await worker.do(joining.BEGIN_ENTRA_JOIN, joining.EntraJoinOrder(machine=MACHINE, enroll=False))
    assert isinstance(await worker.finish(joined), machines.Finished)
    return await worker.cloud.arm("GET", MACHINE.vm_id)


async def configured(worker: Worker, windows: HostWindows = WINDOWS) -> session_hosts.HostConfigured:
    order = session_hosts.HostConfigurationOrder(machine=MACHINE, windows=windows)
    await worker.finish(await worker.do(session_hosts.BEGIN_HOST_CONFIGURATION, order))
    found = await worker.wait(session_hosts.READ_HOST_CONFIGURATION, order)
    assert isinstance(found, session_hosts.HostConfigured), found
    return found


async def registered(worker: Worker) -> session_hosts.NewHostSeen:
    order = desktops.RegistrationOrder(machine=MACHINE, host_pool_id=POOL, join_type=JoinType.AZURE_AD_JOIN)
    assert isinstance(await worker.finish(await worker.do(desktops.BEGIN_REGISTRATION, order)), machines.Finished)
    settle_by = worker.deps.clock.now() + timedelta(minutes=5)
    looked = session_hosts.NewHostOrder(machine=MACHINE, host_pool_id=POOL, settle_by=settle_by)
    found = await worker.wait(session_hosts.POLL_NEW_HOST, looked)
    assert isinstance(found, session_hosts.NewHostSeen), found
    return found


async def admits(worker: Worker) -> bool:
    host = await worker.cloud.arm("GET", f"{POOL}/sessionHosts/{MACHINE.computer_name}")
    return bool(host["properties"]["allowNewSession"])


async def test_a_host_registers_closed_and_is_what_the_group_says(worker: Worker) -> None:
    vm = await made(worker)
    found = await configured(worker)
    seen = await registered(worker)
    shown = worker.cloud.cloud.world.resources.get(MACHINE.vm_id)
    assert shown is not None
    registry = shown.facts["registry"]

    assert (found.warnings, found.unreached, seen.unhealthy) == ((), None, None)
    assert not await admits(worker)
    assert vm["tags"]["cost"] == "desks"
    assert vm["tags"]["deskwright:sessionhost"] == "h1"
    assert registry["hklm\\software\\fslogix\\profiles"]["enabled"] == 1
    sessions = registry["hklm\\software\\policies\\microsoft\\windows nt\\terminal services"]
    assert (sessions["maxidletime"], sessions["maxdisconnectiontime"]) == (30 * 60_000, 90 * 60_000)
    kerberos = registry["hklm\\system\\currentcontrolset\\control\\lsa\\kerberos\\parameters"]
    assert kerberos["cloudkerberosticketretrievalenabled"] == 1


async def test_a_share_that_is_away_is_told_with_the_check_of_fslogix(worker: Worker) -> None:
    await worker.cloud.sim("config", {"fileShares": {"\\\\files.contoso.example\\*": "away"}})
    await made(worker)
    await configured(worker)
    seen = await registered(worker)

    assert seen.unhealthy is not None
    assert "FSLogixHealthCheck" in seen.unhealthy


async def test_a_dedicated_host_needs_no_share_of_profiles(worker: Worker) -> None:
    await worker.cloud.sim("config", {"fileShares": {"\\\\files.contoso.example\\*": "away"}})
    await made(worker)
    found = await configured(worker, WINDOWS.but(containers=ProfileContainers.OFF))
    seen = await registered(worker)
    shown = worker.cloud.cloud.world.resources.get(MACHINE.vm_id)
    assert shown is not None
    assert (found.warnings, found.unreached, seen.unhealthy) == ((), None, None)
    assert shown.facts["registry"]["hklm\\software\\fslogix\\profiles"] == {"enabled": 0}


async def test_a_host_is_opened_closed_and_its_sessions_are_counted(worker: Worker) -> None:
    await made(worker)
    await configured(worker)
    await registered(worker)

    assert isinstance(await worker.do(session_hosts.OPEN_HOST, IN_POOL), Done)
    assert await admits(worker)
    body = {
        "sessionHost": f"{POOL}/sessionHosts/{MACHINE.computer_name}",
        "userPrincipalName": "user01@contoso.example",
    }
    await worker.cloud.sim("desktops/sessions", body)
    assert await worker.do(session_hosts.CLOSE_HOST, IN_POOL) == session_hosts.HostSessions(active=1, was_open=True)
    assert not await admits(worker)


async def test_a_low_priority_machine_is_deallocated_when_azure_takes_it(worker: Worker) -> None:
    vm = await made(worker, low_priority=True)
    spot = vm["properties"]

    assert spot["priority"] == "Spot"
    assert spot["evictionPolicy"] == "Deallocate"


async def test_a_host_hibernates_where_it_was_made_for_that(worker: Worker) -> None:
    await made(worker, hibernation=True)
    begun = await worker.do(session_hosts.BEGIN_HIBERNATE, MACHINE)

    assert isinstance(begun, Accepted), begun
    assert isinstance(await worker.finish(begun), machines.Finished)
    assert isinstance(await worker.do(session_hosts.BEGIN_HIBERNATE, MACHINE), Done)


async def test_a_host_that_was_not_made_for_it_does_not_hibernate(worker: Worker) -> None:
    await made(worker)
    assert isinstance(await worker.do(session_hosts.BEGIN_HIBERNATE, MACHINE), Refused)
