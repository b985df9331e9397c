"""Findings of the health checks of a connection, in Graph's words."""

from typing import Any

import pytest

from packages.azure_simulator.tests.contract.running import GROUP as GROUP_ID
from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.clients.key_vault import join_secret_name
from shared.contracts.connections import CHECKS, RETIRE_PASSWORDS, RUN_CHECK, CheckOrder, PasswordOrder
from shared.contracts.machines import PREPARE_HOSTED_NETWORK
from shared.contracts.outcomes import Done, Refused
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import Connection, Domain, HealthCheck, HealthStatus, JoinType, Network
from tests.cloud_pcs import cloud_pc
from tests.contract.test_activities_desktop import NETWORK
from tests.contract.worker import SITE, TENANT, Worker
from tests.stories.people import PLAN, SNAPSHOT

pytestmark = pytest.mark.simulator
VNET = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/theirs"
SUBNET = f"{VNET}/subnets/desks"
OU = "OU=CloudPC,DC=corp,DC=contoso,DC=example"


async def network(worker: Worker, *, region: str = SITE.region, prefix: str = "10.9.0.0/24", **subnet: Any) -> None:
    await worker.cloud.arm("PUT", GROUP_ID, {"location": region})
    properties = {
        "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "subnets": [{"name": "desks", "properties": {"addressPrefix": prefix, **subnet}}],
    }
    await worker.cloud.arm("PUT", VNET, {"location": region, "properties": properties})


def connection(worker: Worker, **changes: Any) -> Connection:
    made = Connection(
        id="c1",
        tenant_id=TENANT.id,
        display_name="Head office",
        site_id=SITE.id,
        subscription_id=SUBSCRIPTION,
        join_type=JoinType.AZURE_AD_JOIN,
        created_date_time=worker.deps.clock.now(),
    ).but(**changes)
    worker.keep(made)
    return made


async def check(worker: Worker, name: str) -> HealthCheck | None:
    answer = await worker.do(RUN_CHECK, CheckOrder(tenant_id=TENANT.id, connection_id="c1", check=name))
    found: HealthCheck | None = answer.finding
    return found


def own() -> Network:
    return Network(virtual_network_id=VNET, subnet_ids=(SUBNET,))


def hybrid(**changes: Any) -> dict[str, Any]:
    domain = Domain(
        ad_domain_name="corp.contoso.example",
        ad_domain_username="corp\\svc-join",
        organizational_unit=OU,
        password_secret_url="https://elsewhere.example/secrets/x",
    )
    return {"join_type": JoinType.HYBRID_AZURE_AD_JOIN, "domain": domain.but(**changes)}


async def test_a_connection_over_the_hosted_network_passes(worker: Worker) -> None:
    connection(worker)
    found = [await check(worker, name) for name in CHECKS]
    assert {f.display_name: f.status for f in found if f} == {
        "azureTenantReadiness": HealthStatus.PASSED,
        "resourceProviders": HealthStatus.PASSED,
        "permissionOnResourceGroup": HealthStatus.PASSED,
        "resourceGroupLocks": HealthStatus.PASSED,
        "intuneEnrollment": HealthStatus.PASSED,
    }


async def test_a_connection_over_the_customers_network_passes(worker: Worker) -> None:
    await network(worker)
    connection(worker, network=own())
    found = [await check(worker, name) for name in ("subnetIpUsage", "virtualNetworkRegion")]
    assert [f.status for f in found if f] == [HealthStatus.PASSED, HealthStatus.PASSED]


async def test_a_network_that_is_not_there_is_invalid(worker: Worker) -> None:
    connection(worker, network=own())
    found = await check(worker, "subnetIpUsage")
    assert found is not None
    assert found.error_type == "resourceAvailabilityCheckVNetInvalid"
    assert found.recommended_action


async def test_a_network_in_another_region_is_of_no_use(worker: Worker) -> None:
    await network(worker, region="northeurope")
    connection(worker, network=own())
    found = await check(worker, "virtualNetworkRegion")
    assert found is not None
    assert found.error_type == "resourceAvailabilityCheckUnsupportedVNetRegion"


async def test_a_subnet_of_another_name_is_invalid(worker: Worker) -> None:
    await network(worker)
    connection(worker, network=Network(virtual_network_id=VNET, subnet_ids=(f"{VNET}/subnets/other",)))
    found = await check(worker, "subnetIpUsage")
    assert found is not None
    assert found.error_type == "resourceAvailabilityCheckSubnetInvalid"


async def test_a_delegated_subnet_is_refused(worker: Worker) -> None:
    delegation = {"name": "theirs", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}
    await network(worker, delegations=[delegation])
    connection(worker, network=own())
    found = await check(worker, "subnetIpUsage")
    assert found is not None
    assert found.error_type == "resourceAvailabilityCheckSubnetDelegationFailed"


async def test_a_password_in_the_vault_is_found(worker: Worker) -> None:
    url = await worker.deps.vault().store(join_secret_name(TENANT.id, "c1", "1"), "demo-join-password")
    connection(worker, **hybrid(password_secret_url=url))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.status is HealthStatus.PASSED


async def test_a_password_that_is_not_in_the_vault_fails(worker: Worker) -> None:
    connection(worker, **hybrid(password_secret_url=f"{worker.deps.settings.key_vault_url}/secrets/none"))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.error_type == "adJoinCheckIncorrectCredentials"


async def test_a_secret_of_a_foreign_vault_is_never_requested(worker: Worker) -> None:
    connection(worker, **hybrid())
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.status is HealthStatus.FAILED
    assert "foreignVault" in (found.additional_detail or "")


async def test_an_ou_that_is_not_a_distinguished_name_is_reported(worker: Worker) -> None:
    connection(worker, **hybrid(organizational_unit="Cloud PCs"))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.error_type == "adJoinCheckOrganizationalUnitIncorrectFormat"


async def test_what_carries_another_tenant_s_tag_is_not_used(worker: Worker) -> None:
    await network(worker)
    theirs = {"deskwright:tenant": "somebody-else"}
    properties = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": []}
    await worker.cloud.arm("PUT", VNET, {"location": SITE.region, "tags": theirs, "properties": properties})
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{SITE.resource_group}"
    await worker.cloud.arm("PUT", group, {"location": SITE.region, "tags": theirs})
    connection(worker, network=own())
    found = [await check(worker, name) for name in ("virtualNetworkRegion", "permissionOnResourceGroup")]
    assert [f.error_type for f in found if f] == [
        "resourceAvailabilityCheckVNetInvalid",
        "resourceAvailabilityCheckResourceGroupInvalid",
    ]


async def test_no_network_is_made_in_the_group_of_a_neighbour(worker: Worker) -> None:
    theirs = {"deskwright:tenant": "somebody-else"}
    await worker.cloud.arm(
        "PUT", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/neighbour", {"location": "eastus", "tags": theirs}
    )
    refused = await worker.do(PREPARE_HOSTED_NETWORK, NETWORK.but(resource_group="neighbour"))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.final) == ("anothersGroup", True)


async def configure(worker: Worker, **config: Any) -> None:
    await worker.cloud.call("POST", "/_sim/config", json=config)


async def error_type(worker: Worker, name: str) -> tuple[str, str | None]:
    found = await check(worker, name)
    assert found is not None
    assert found.recommended_action
    return found.status.value, found.error_type


async def test_a_provider_that_is_not_registered_is_named(worker: Worker) -> None:
    connection(worker)
    await configure(worker, unregisteredProviders=["Microsoft.DesktopVirtualization"])
    found = await check(worker, "resourceProviders")
    assert found is not None
    assert found.error_type == "resourceAvailabilityCheckMissingRegistrationForLocation"
    assert "Microsoft.DesktopVirtualization" in (found.additional_detail or "")


async def test_a_lock_that_would_stop_every_clean_up_is_a_warning(worker: Worker) -> None:
    connection(worker)
    await configure(worker, locks=[f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{SITE.resource_group}"])
    assert await error_type(worker, "resourceGroupLocks") == (
        "warning",
        "resourceAvailabilityCheckResourceGroupLockedForDelete",
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("All users", ("failed", "resourceAvailabilityCheckIntuneDefaultWindowsRestrictionViolation")),
        ("Contractors", ("warning", "resourceAvailabilityCheckIntuneCustomWindowsRestrictionViolation")),
    ],
)
async def test_a_restriction_that_lets_no_windows_in_is_found(worker: Worker, name: str, said: tuple[str, str]) -> None:
    connection(worker)
    await configure(worker, graph={"windowsBlocked": [name]})
    assert await error_type(worker, "intuneEnrollment") == said


async def test_a_domain_whose_computers_come_to_entra_passes(worker: Worker) -> None:
    connection(worker, **hybrid())
    await configure(worker, graph={"lastSyncMinutes": 20})
    found = await check(worker, "entraDeviceSync")
    assert found is not None
    assert found.status is HealthStatus.PASSED


async def test_a_synchronisation_that_stands_still_is_a_warning(worker: Worker) -> None:
    connection(worker, **hybrid())
    await configure(worker, graph={"lastSyncMinutes": 300})
    assert await error_type(worker, "entraDeviceSync") == ("warning", "azureAdDeviceSyncCheckLongSyncCircle")


async def test_addresses_are_counted_and_seen(worker: Worker) -> None:
    await network(worker, prefix="10.9.0.0/28")
    connection(worker, network=own())
    answer = await worker.do(RUN_CHECK, CheckOrder(tenant_id=TENANT.id, connection_id="c1", check="subnetIpUsage"))
    assert [(s.total, s.free) for s in answer.subnets] == [(11, 11)]


async def test_more_to_come_than_addresses_are_free_is_a_warning_with_numbers(worker: Worker) -> None:
    await network(worker, prefix="10.9.0.0/28")
    connection(worker, network=own())
    worker.keep(*(to_come(worker, n) for n in range(14)))
    found = await check(worker, "subnetIpUsage")
    assert found is not None
    assert (found.status, found.error_type) == (HealthStatus.WARNING, "resourceAvailabilityCheckNoSubnetIP")
    assert found.additional_detail == "11 of 11 addresses are free; 14 Cloud PC(s) are still to be built"
    assert "3 of them" in (found.recommended_action or "")


def to_come(worker: Worker, number: int) -> CloudPc:
    now = worker.deps.clock.now()
    return cloud_pc(
        id=f"pc{number}",
        tenant_id=TENANT.id,
        user=worker.user,
        plan=PLAN,
        status=Status.PENDING_PROVISION,
        display_name="Everyone",
        snapshot=SNAPSHOT.but(connection_id="c1"),
        created_date_time=now,
        last_modified_date_time=now,
    )


async def test_older_passwords_are_disabled_and_the_newest_is_read(worker: Worker) -> None:
    vault = worker.deps.vault()
    name = join_secret_name(TENANT.id, "c1", "1")
    for password in ("first", "second", "third"):
        url = await vault.store(name, password)
        worker.cloud.advance(60)
    for _ in range(2):
        order = PasswordOrder(tenant_id=TENANT.id, connection_id="c1", password_secret_url=url)
        assert await worker.do(RETIRE_PASSWORDS, order) == Done()
    versions = vault._client.list_properties_of_secret_versions(name)
    assert sorted([bool(version.enabled) async for version in versions]) == [False, False, True]
    assert await vault.read(url) == "third"
