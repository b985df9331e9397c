"""What the health checks of a connection find, in Graph's words."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

import activities.connections
import activities.identities  # noqa: F401 - imported for what they register
from local.certificates import Certificates
from shared.clients.key_vault import secret_name
from shared.contracts.connections import CHECKS, RUN_CHECK, CheckOrder
from shared.domain.connection import Connection, Domain, HealthCheck, HealthStatus, JoinType, Network
from tests.contract.running import GROUP as GROUP_ID
from tests.contract.running import SUBSCRIPTION
from tests.contract.worker import SITE, TENANT, Worker, working

pytestmark = pytest.mark.simulator
VNET = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/theirs"
SUBNET = f"{VNET}/subnets/desks"
OU = "OU=CloudPC,DC=corp,DC=contoso,DC=example"


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch, profile="instant") as found:
        yield found


async def arm(worker: Worker, path: str, body: Any) -> None:
    token = await worker.cloud.token("https://management.azure.com")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await worker.cloud.call("PUT", f"{path}?api-version=2024-05-01", headers=headers, json=body)
    assert answer.status < 300, answer.body


async def network(worker: Worker, *, region: str = SITE.region, prefix: str = "10.9.0.0/24", **subnet: Any) -> None:
    await arm(worker, GROUP_ID, {"location": region})
    properties = {
        "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
        "subnets": [{"name": "desks", "properties": {"addressPrefix": prefix, **subnet}}],
    }
    await arm(worker, VNET, {"location": region, "properties": properties})


def connection(worker: Worker, **changes: Any) -> Connection:
    made = Connection(
        id="c1",
        tenant_id=TENANT.id,
        display_name="Head office",
        site_id=SITE.id,
        subscription_id=SUBSCRIPTION,
        join_type=JoinType.AZURE_AD_JOIN,
        created_date_time=worker.services.clock.now(),
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
        "permissionOnResourceGroup": HealthStatus.PASSED,
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
    url = await worker.services.vault().store(secret_name(TENANT.id, "c1"), "demo-join-password")
    connection(worker, **hybrid(password_secret_url=url))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.status is HealthStatus.PASSED


async def test_a_password_that_is_not_in_the_vault_fails(worker: Worker) -> None:
    connection(worker, **hybrid(password_secret_url=f"{worker.services.settings.key_vault_url}/secrets/none"))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.error_type == "adJoinCheckIncorrectCredentials"


async def test_a_secret_of_a_foreign_vault_is_never_asked_for(worker: Worker) -> None:
    connection(worker, **hybrid())
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.status is HealthStatus.FAILED
    assert "foreignVault" in (found.additional_detail or "")


async def test_an_ou_that_is_no_distinguished_name_is_told(worker: Worker) -> None:
    connection(worker, **hybrid(organizational_unit="Cloud PCs"))
    found = await check(worker, "domainJoinCredentials")
    assert found is not None
    assert found.error_type == "adJoinCheckOrganizationalUnitIncorrectFormat"


async def test_what_carries_another_tenant_s_tag_is_not_used(worker: Worker) -> None:
    await network(worker)
    theirs = {"deskwright:tenant": "somebody-else"}
    properties = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": []}
    await arm(worker, VNET, {"location": SITE.region, "tags": theirs, "properties": properties})
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{SITE.resource_group}"
    await arm(worker, group, {"location": SITE.region, "tags": theirs})
    connection(worker, network=own())
    found = [await check(worker, name) for name in ("virtualNetworkRegion", "permissionOnResourceGroup")]
    assert [f.error_type for f in found if f] == [
        "resourceAvailabilityCheckVNetInvalid",
        "resourceAvailabilityCheckResourceGroupInvalid",
    ]
