"""A hybrid join: the domain first, the directory after the next synchronisation; and faults on the way."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from azure_simulator.certificates import Certificates

from shared.contracts import joining as identities
from shared.contracts import machines
from shared.contracts.connections import BEGIN_PROBE_SCRIPT, READ_PROBE_SCRIPT, ScriptOrder, ScriptRead
from shared.contracts.joining import (
    BEGIN_CARRIER_REMOVAL,
    DISABLE_ACCOUNT,
    DOMAIN_JOIN,
    Carrier,
    CarrierOrder,
    probe_script,
)
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.domain.networks.connection import Domain, JoinType
from shared.domain.owner import Owner
from tests.contract.test_activities_desktop import build, machine_of
from tests.contract.worker import TENANT, Worker, working

pytestmark = pytest.mark.simulator


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


async def order(worker: Worker, machine: Machine, password: str) -> identities.DomainJoinOrder:
    url = await worker.deps.vault().store("join", password)
    domain = Domain(
        ad_domain_name="corp.contoso.example",
        ad_domain_username="corp\\svc-join",
        organizational_unit="OU=CloudPC,DC=corp,DC=contoso,DC=example",
        password_secret_url=url,
    )
    return identities.DomainJoinOrder(machine=machine, domain=domain)


async def test_a_hybrid_device_appears_with_the_synchronisation_and_can_be_forgotten(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    since = worker.deps.clock.now()
    begun = await worker.do(identities.BEGIN_DOMAIN_JOIN, await order(worker, machine, "demo-join-password"))
    assert isinstance(await worker.finish(begun), machines.Finished)
    look = identities.DeviceOrder(
        tenant_id=TENANT.id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        join_type=JoinType.HYBRID_AZURE_AD_JOIN,
        not_before=since,
    )
    assert isinstance(await worker.wait(identities.POLL_DEVICE, look), identities.DeviceFound)
    forget = identities.ForgetDeviceOrder(tenant_id=TENANT.id, owner=machine.owner, computer_name=machine.computer_name)
    assert isinstance(await worker.do(identities.DELETE_DEVICE, forget), Done)


async def test_the_extension_that_joined_is_removed_and_the_machine_stays_joined(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    since = worker.deps.clock.now()
    await worker.finish(
        await worker.do(identities.BEGIN_DOMAIN_JOIN, await order(worker, machine, "demo-join-password"))
    )
    look = identities.DeviceOrder(
        tenant_id=TENANT.id,
        owner=machine.owner,
        computer_name=machine.computer_name,
        join_type=JoinType.HYBRID_AZURE_AD_JOIN,
        not_before=since,
    )
    removal = CarrierOrder(machine=machine, carrier=DOMAIN_JOIN)

    assert isinstance(await worker.finish(await worker.do(BEGIN_CARRIER_REMOVAL, removal)), machines.Finished)
    assert isinstance(await worker.do(BEGIN_CARRIER_REMOVAL, removal), Done)  # there is none any more
    assert isinstance(await worker.wait(identities.POLL_DEVICE, look), identities.DeviceFound)


async def test_a_script_that_had_the_join_password_is_removed(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    domain = (await order(worker, machine, "demo-join-password")).domain
    script = ScriptOrder(machine=machine, steps=("bindJoinAccount",), domain=domain)
    await worker.finish(await worker.do(BEGIN_PROBE_SCRIPT, script))
    assert isinstance(await worker.wait(READ_PROBE_SCRIPT, script), ScriptRead)
    removal = CarrierOrder(machine=machine, carrier=probe_script(script.steps))

    assert isinstance(await worker.finish(await worker.do(BEGIN_CARRIER_REMOVAL, removal)), machines.Finished)
    assert isinstance(await worker.do(READ_PROBE_SCRIPT, script), Refused)


@pytest.mark.parametrize("carrier", [DOMAIN_JOIN, DISABLE_ACCOUNT], ids=str)
async def test_nothing_is_removed_from_a_machine_that_is_gone(worker: Worker, carrier: Carrier) -> None:
    removal = CarrierOrder(machine=machine_of("gone"), carrier=carrier)
    assert isinstance(await worker.do(BEGIN_CARRIER_REMOVAL, removal), Done)


async def test_a_wrong_join_password_is_reported_in_the_extensions_own_words(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    begun = await worker.do(identities.BEGIN_DOMAIN_JOIN, await order(worker, machine, "wrong"))
    refused = await worker.finish(begun)
    assert isinstance(refused, Refused)
    assert refused.code == "VMExtensionProvisioningError"
    assert "Domain" in refused.message


async def test_no_password_in_the_vault_is_final(worker: Worker) -> None:
    machine = machine_of()
    joining = await order(worker, machine, "x")
    missing = joining.domain.but(password_secret_url=joining.domain.password_secret_url + "-other")
    refused = await worker.do(identities.BEGIN_DOMAIN_JOIN, joining.but(domain=missing))
    assert (refused.code, refused.final) == ("joinPasswordMissing", True)


async def test_a_managed_device_that_is_not_there_yet_is_waited_for(worker: Worker) -> None:
    nobody = "6f2f3d1e-0d5b-4a58-9d0c-4c1f5f0a7b11"
    early = identities.PrimaryUserOrder(tenant_id=TENANT.id, managed_device_id=nobody, user_id=worker.user.id)
    assert isinstance(await worker.do(identities.SET_PRIMARY_USER, early), Pending)


async def test_a_machine_that_never_joined_is_pending_not_lost(worker: Worker) -> None:
    look = identities.DeviceOrder(
        tenant_id=TENANT.id,
        owner=Owner.cloud_pc("pc1"),
        computer_name="CPC-NOBODY",
        join_type=JoinType.AZURE_AD_JOIN,
        not_before=worker.deps.clock.now() - timedelta(minutes=1),
    )
    assert isinstance(await worker.do(identities.POLL_DEVICE, look), Pending)


async def test_an_operation_whose_address_expired_is_read_from_its_resource(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    where = f"/subscriptions/{machine.subscription_id}/providers/Microsoft.Compute/locations/westeurope"
    gone = f"{worker.cloud.url}{where}/operations/none?api-version=2026-04-01"
    begun = Accepted(resource_id=machine.vm_id, operation_url=gone)
    assert isinstance(await worker.finish(begun), machines.Finished)
    other = Accepted(resource_id=machine.vm_id + "-other", operation_url=gone, deletes=True)
    assert isinstance(await worker.finish(other), machines.Finished)


async def test_an_operation_on_a_foreign_host_is_never_requested(worker: Worker) -> None:
    machine = machine_of()
    await build(worker, machine)
    begun = Accepted(resource_id=machine.vm_id, operation_url="https://127.0.0.1:1/steal")
    assert isinstance(await worker.finish(begun), machines.Finished)
