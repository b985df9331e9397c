"""A Cloud PC made and unmade by the activities, step by step, as the orchestrator has them called."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from azure_simulator.certificates import Certificates

from activities.cloud_pcs.rights import MACHINE_USER, assignment_id
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import desktops, joining, machines, provisioning
from shared.contracts.builds import WARN_SESSIONS, Warned, WarnOrder
from shared.contracts.desktops import SIGN_OFF
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.domain import naming
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.networks.connection import JoinType
from shared.domain.owner import Owner
from tests.cloud_pcs import cloud_pc
from tests.contract.worker import GROUP, REGION, TENANT, Worker, working

pytestmark = pytest.mark.simulator

IMAGE = ImageSource(
    marketplace=MarketplaceImage(publisher="MicrosoftWindowsDesktop", offer="windows-11", sku="win11-24h2-ent")
)
ENTRA = JoinType.AZURE_AD_JOIN


def plan() -> ServicePlan:
    found = service_plan("sku-1", "CPC_E_2C_8GB_256GB", {})
    assert found is not None
    return found


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


def machine_of(cloud_pc: str = "pc1", computer_name: str = "CPC-USER-AB12C") -> Machine:
    return Machine(
        tenant_id=TENANT.id,
        owner=Owner.cloud_pc(cloud_pc),
        subscription_id=SUBSCRIPTION,
        resource_group=GROUP,
        region=REGION,
        computer_name=computer_name,
    )


NETWORK = machines.HostedNetworkOrder(
    tenant_id=TENANT.id,
    subscription_id=SUBSCRIPTION,
    resource_group=GROUP,
    region=REGION,
    address_space="10.20.0.0/20",
)


def capacity(**changes: object) -> machines.CapacityOrder:
    order = machines.CapacityOrder(
        tenant_id=TENANT.id, owner=Owner.cloud_pc("pc1"), subscription_id=SUBSCRIPTION, plan=plan(), regions=(REGION,)
    )
    return order.but(**changes)


async def vm_order(worker: Worker, machine: Machine) -> machines.VmOrder:
    ready = await worker.wait(machines.PREPARE_HOSTED_NETWORK, NETWORK)
    nic = await worker.do(machines.CREATE_NIC, machines.NicOrder(machine=machine, subnet_ids=ready.subnet_ids))
    place = await worker.do(machines.ALLOCATE_CAPACITY, capacity())
    return machines.VmOrder(machine=machine, place=place, nic_id=nic.nic_id, image=IMAGE, disk_size_in_gb=256)


async def build(worker: Worker, machine: Machine) -> machines.VmOrder:
    order = await vm_order(worker, machine)
    assert isinstance(await worker.finish(await worker.do(machines.BEGIN_VM, order)), machines.Finished)
    assert isinstance(await worker.wait(machines.POLL_AGENT, machine), Done)
    return order


async def join(worker: Worker, machine: Machine) -> joining.DeviceFound:
    since = worker.deps.clock.now()
    begun = await worker.do(joining.BEGIN_ENTRA_JOIN, joining.EntraJoinOrder(machine=machine))
    assert isinstance(await worker.finish(begun), machines.Finished)
    device = await worker.wait(
        joining.POLL_DEVICE,
        joining.DeviceOrder(
            tenant_id=TENANT.id,
            owner=machine.owner,
            computer_name=machine.computer_name,
            join_type=ENTRA,
            not_before=since,
        ),
    )
    assert isinstance(device, joining.DeviceFound), device
    return device


async def enrol(worker: Worker, machine: Machine, device: joining.DeviceFound) -> str:
    order = joining.EnrollmentOrder(
        tenant_id=TENANT.id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        device_id=device.device_id,
    )
    enrolled = await worker.wait(joining.POLL_ENROLLMENT, order)
    assert isinstance(enrolled, joining.Enrolled), enrolled
    stamp = joining.StampOrder(tenant_id=TENANT.id, device_object_id=device.object_id, policy_name="All of us")
    assert isinstance(await worker.do(joining.STAMP_ENROLLMENT_PROFILE, stamp), Done)
    primary = joining.PrimaryUserOrder(
        tenant_id=TENANT.id, managed_device_id=enrolled.managed_device_id, user_id=worker.user.id
    )
    assert isinstance(await worker.wait(joining.SET_PRIMARY_USER, primary), Done)
    return enrolled.managed_device_id


async def assign(worker: Worker, machine: Machine) -> desktops.HostPoolReady:
    pool = await worker.do(
        desktops.PREPARE_HOST_POOL,
        desktops.HostPoolOrder(
            tenant_id=TENANT.id,
            subscription_id=SUBSCRIPTION,
            resource_group=TENANT.resource_group,
            region=REGION,
            join_type=ENTRA,
        ),
    )
    assert isinstance(pool, desktops.HostPoolReady), pool
    registration = desktops.RegistrationOrder(machine=machine, host_pool_id=pool.host_pool_id, join_type=ENTRA)
    begun = await worker.do(desktops.BEGIN_REGISTRATION, registration)
    assert isinstance(await worker.finish(begun), machines.Finished)
    looked = desktops.SessionHostOrder(machine=machine, host_pool_id=pool.host_pool_id)
    host = await worker.wait(desktops.POLL_SESSION_HOST, looked)
    assert isinstance(host, desktops.SessionHostFound), host
    given = desktops.AssignmentOrder(
        machine=machine,
        host_pool_id=pool.host_pool_id,
        session_host=host.name,
        user_principal_name=worker.user.user_principal_name,
    )
    for _ in range(2):  # twice: a repeated call finds what the first has done
        assert isinstance(await worker.do(desktops.ASSIGN_SESSION_HOST, given), Done)
    rights = desktops.SignInRightsOrder(
        machine=machine, application_group_id=pool.application_group_id, user_id=worker.user.id, join_type=ENTRA
    )
    since = []
    for again in (False, False, True):
        found = await worker.wait(desktops.GRANT_SIGN_IN, rights.but(given=again))
        assert isinstance(found, desktops.RightsGiven), found
        since.append(found.since)
        worker.cloud.advance(60)
    assert len(set(since)) == 1  # what is there keeps its moment, also when it is given again
    await another_moment_when_it_is_gone(worker, rights, since[0])
    return pool


async def another_moment_when_it_is_gone(
    worker: Worker, rights: desktops.SignInRightsOrder, before: datetime | None
) -> None:
    scope, name = rights.machine.vm_id, assignment_id(rights.machine.vm_id, MACHINE_USER, worker.user.id)
    await worker.cloud.arm("DELETE", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
    found = await worker.wait(desktops.GRANT_SIGN_IN, rights.but(given=True))
    assert isinstance(found, desktops.RightsGiven), found
    assert before is not None
    assert found.since is not None
    assert found.since - before >= timedelta(minutes=3)


async def remove(worker: Worker, machine: Machine, pool_id: str | None) -> None:
    forget = desktops.ForgetSessionHostOrder(machine=machine, host_pool_id=pool_id)
    device = joining.ForgetDeviceOrder(tenant_id=TENANT.id, owner=machine.owner, computer_name=machine.computer_name)
    assert isinstance(await worker.do(desktops.DELETE_SESSION_HOST, forget), Done)
    assert isinstance(await worker.do(desktops.REVOKE_SIGN_IN, forget), Done)
    assert isinstance(await worker.do(joining.DELETE_MANAGED_DEVICE, device), Done)
    assert isinstance(await worker.do(joining.DELETE_DEVICE, device), Done)
    going = await worker.do(machines.BEGIN_VM_DELETE, machine)
    if isinstance(going, Accepted):
        await worker.finish(going)
    assert isinstance(await worker.wait(machines.DELETE_NIC, machine), Done)
    assert isinstance(await worker.wait(machines.DELETE_DISK, machine), Done)


def record(worker: Worker, machine: Machine, pool_id: str) -> CloudPc:
    now = worker.deps.clock.now()
    return cloud_pc(
        id=machine.owner.id,
        tenant_id=TENANT.id,
        user=worker.user,
        plan=plan(),
        status=Status.PROVISIONED,
        display_name="A Cloud PC",
        resources=Resources(host_pool_id=pool_id),
        created_date_time=now,
        last_modified_date_time=now,
    )


@pytest.mark.parametrize("join_type", list(JoinType))
@pytest.mark.parametrize("single_sign_on", [True, False])
async def test_a_host_pool_signs_users_in_as_the_policy_says(
    worker: Worker, join_type: JoinType, *, single_sign_on: bool
) -> None:
    order = desktops.HostPoolOrder(
        tenant_id=TENANT.id,
        subscription_id=SUBSCRIPTION,
        resource_group=TENANT.resource_group,
        region=REGION,
        join_type=join_type,
        single_sign_on=single_sign_on,
    )
    pool = await worker.do(desktops.PREPARE_HOST_POOL, order)
    name = pool.host_pool_id.rpartition("/")[2]
    made = await worker.deps.arm.desktops(TENANT.id, SUBSCRIPTION).host_pools.get(TENANT.resource_group, name)
    assert f"enablerdsaadauth:i:{int(single_sign_on)};" in str(made.custom_rdp_property)
    assert "drivestoredirect:s:*;redirectclipboard:i:1;redirectprinters:i:1;usbdevicestoredirect:s:*;" in str(
        made.custom_rdp_property
    )
    assert name in naming.host_pool_names(TENANT.id)
    other = await worker.do(desktops.PREPARE_HOST_POOL, order.but(single_sign_on=not single_sign_on))
    assert other.host_pool_id != pool.host_pool_id


async def test_a_cloud_pc_is_created_and_nothing_of_it_remains(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    device = await join(worker, machine)
    await enrol(worker, machine, device)
    order = provisioning.ConfigurationOrder(
        machine=machine,
        local_administrator="AzureAD\\" + "user01@contoso.example",
        redirections=("clipboard", "printers"),
    )
    await worker.finish(await worker.do(provisioning.BEGIN_CONFIGURATION, order))
    assert (await worker.wait(provisioning.READ_CONFIGURATION, order)).warnings == ()
    pool = await assign(worker, machine)
    worker.keep(record(worker, machine, pool.host_pool_id))
    await remove(worker, machine, pool.host_pool_id)
    await remove(worker, machine, None)  # again, knowing less: nothing is there, and that is fine
    assert await worker.cloud.findings() == []


async def test_a_user_who_has_just_signed_out_is_signed_off(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    await join(worker, machine)
    pool = await assign(worker, machine)
    host = f"{pool.host_pool_id}/sessionHosts/{machine.computer_name}"
    await worker.cloud.sim("desktops/sessions", {"sessionHost": host, "userPrincipalName": "user01@contoso.example"})
    gone = {"code": "404", "message": "ActivityId: 0 Error: User session ID not found"}
    refusal = {"kind": "http", "status": 404, **gone}
    rule = {"match": {"op": "userSession.delete"}, "when": {"max_hits": 1}, "do": refusal}
    await worker.cloud.sim("faults", rule)
    forget = desktops.ForgetSessionHostOrder(machine=machine, host_pool_id=pool.host_pool_id)
    for _ in range(2):
        assert isinstance(await worker.do(SIGN_OFF, forget), Done)


@pytest.mark.parametrize(("state", "minutes"), [("Active", 5), ("Disconnected", 0)])
async def test_whoever_works_is_warned_in_the_session_in_their_language(
    worker: Worker, state: str, minutes: int
) -> None:
    machine = machine_of()
    await build(worker, machine)
    await join(worker, machine)
    pool = await assign(worker, machine)
    host = f"{pool.host_pool_id}/sessionHosts/{machine.computer_name}"
    session = {"sessionHost": host, "userPrincipalName": "user01@contoso.example", "sessionState": state}
    await worker.cloud.sim("desktops/sessions", session)
    order = WarnOrder(
        tenant_id=machine.tenant_id,
        cloud_pc_id=machine.owner.id,
        generation=1,
        machine=machine,
        host_pool_id=pool.host_pool_id,
        text="reboot",
        locale="de-CH",
    )
    assert await worker.do(WARN_SESSIONS, order) == Warned(minutes=minutes)
    told = json.dumps((await worker.cloud.call("GET", "/_sim/state?view=broker")).body, ensure_ascii=False)
    assert "in 5 Minuten neu gestartet" in told


async def test_a_step_that_fails_is_a_warning_and_can_be_run_again(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    failing = {"scriptOutcomes": [{"step": "setTeamsVdiMode", "message": "access denied", "attempts": 1}]}
    await worker.cloud.sim("config", failing)
    order = provisioning.ConfigurationOrder(machine=machine, local_administrator="x")
    await worker.finish(await worker.do(provisioning.BEGIN_CONFIGURATION, order))
    warnings = (await worker.wait(provisioning.READ_CONFIGURATION, order)).warnings
    assert [(w.step, w.message) for w in warnings] == [("setTeamsVdiMode", "access denied")]
    again = order.but(steps=("setTeamsVdiMode",))
    await worker.finish(await worker.do(provisioning.BEGIN_CONFIGURATION, again))
    assert (await worker.wait(provisioning.READ_CONFIGURATION, again)).warnings == ()


async def test_a_repeated_begin_adopts_the_vm_of_the_first(worker: Worker) -> None:
    machine = machine_of()
    order = await vm_order(worker, machine)
    await worker.do(machines.BEGIN_VM, order)
    again = await worker.do(machines.BEGIN_VM, order)
    assert again == Accepted(resource_id=machine.vm_id)
    assert isinstance(await worker.finish(again), machines.Finished)


async def test_a_vm_of_an_older_attempt_is_not_adopted(worker: Worker) -> None:
    order = await vm_order(worker, machine_of())
    await worker.do(machines.BEGIN_VM, order)
    newer = order.but(machine=machine_of(computer_name="CPC-USER-ZZ99Z"))
    refused = await worker.do(machines.BEGIN_VM, newer)
    assert (refused.code, refused.final) == ("machineInTheWay", False)


async def test_the_hosted_network_stands_up_with_many_callers_at_once(worker: Worker) -> None:
    import asyncio

    ready = await asyncio.gather(*(worker.wait(machines.PREPARE_HOSTED_NETWORK, NETWORK) for _ in range(25)))
    name = naming.hosted_network_name(TENANT.id, REGION)
    assert {r.subnet_ids[0].rsplit("/", 3)[1] for r in ready} == {name}


async def test_a_size_without_hardware_is_distinguished_and_remembered(worker: Worker) -> None:
    order = await vm_order(worker, machine_of())
    full = {"capacity": [{"region": REGION, "size": order.place.size, "vms": 0}]}
    await worker.cloud.sim("config", full)
    begun = await worker.do(machines.BEGIN_VM, order)
    answer = await worker.finish(begun)
    assert isinstance(answer, NoCapacity)
    assert answer.elsewhere
    next_place = await worker.do(machines.ALLOCATE_CAPACITY, capacity(owner=Owner.cloud_pc("pc2")))
    assert next_place.size != order.place.size


async def test_a_quota_that_is_used_up_says_which(worker: Worker) -> None:
    await worker.cloud.sim("config", {"quotas": {REGION: {"cores": 1}}})
    answer = await worker.do(machines.ALLOCATE_CAPACITY, capacity())
    assert isinstance(answer, NoCapacity)
    assert (answer.code, answer.elsewhere) == ("quotaExceeded", False)
    assert "cores is 1" in answer.message


async def test_zones_are_spread_by_the_cloud_pc(worker: Worker) -> None:
    places = [
        await worker.do(machines.ALLOCATE_CAPACITY, capacity(owner=Owner.cloud_pc(f"pc{n}"), zones=("1", "2", "3")))
        for n in range(12)
    ]
    assert {place.zone for place in places} == {"1", "2", "3"}


async def test_a_place_that_was_tried_is_not_offered_again(worker: Worker) -> None:
    first = await worker.do(machines.ALLOCATE_CAPACITY, capacity())
    second = await worker.do(machines.ALLOCATE_CAPACITY, capacity(tried=(first,)))
    assert second != first


async def test_a_locked_group_is_a_final_refusal_with_advice(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    await worker.cloud.sim("config", {"locks": [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}*"]})
    refused = await worker.do(machines.BEGIN_VM_DELETE, machine)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.final) == ("ScopeLocked", True)
    assert refused.advice is not None


async def test_a_device_of_an_earlier_machine_is_not_mistaken_for_the_new_one(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    await join(worker, machine)
    later = joining.DeviceOrder(
        tenant_id=TENANT.id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        join_type=ENTRA,
        not_before=worker.deps.clock.now() + timedelta(hours=1),
    )
    assert (await worker.do(joining.POLL_DEVICE, later)).kind == "pending"
