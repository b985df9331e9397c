"""Findings of each check of a connection from the answers of the clouds: Graph's word, and the evidence."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.contracts.connections import RUN_CHECK, CheckOrder
from tests.contract.test_activities_connections import VNET, check, connection, hybrid, network, own
from tests.contract.worker import SITE, TENANT, Worker

pytestmark = pytest.mark.simulator
NO_RIGHT = {"status": 403, "code": "AuthorizationFailed", "message": "the client does not have authorization"}
NOT_IN_GRAPH = {"status": 403, "code": "Forbidden", "message": "no role allows it"}
LOCK = {"name": "freeze", "properties": {"level": "ReadOnly"}}


def shows(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"status": 200, "body": body}


def subscription(state: str) -> Mapping[str, Any]:
    return shows({"id": "/subscriptions/x", "subscriptionId": "x", "state": state})


CLAIMED = {"id": f"{VNET}/subnets/desks", "name": "desks", "properties": {"serviceAssociationLinks": [{"name": "app"}]}}
SAYS = [
    ("azureTenantReadiness", "subscription.get", NO_RIGHT, "failed permissionCheckNoSubscriptionReaderRole"),
    (
        "azureTenantReadiness",
        "subscription.get",
        {"status": 404, "code": "SubscriptionNotFound", "message": "not found"},
        "failed resourceAvailabilityCheckSubscriptionNotFound",
    ),
    (
        "azureTenantReadiness",
        "subscription.get",
        subscription("Disabled"),
        "failed resourceAvailabilityCheckSubscriptionDisabled",
    ),
    (
        "azureTenantReadiness",
        "subscription.get",
        subscription("PastDue"),
        "warning resourceAvailabilityCheckGeneralSubscriptionError",
    ),
    (
        "azureTenantReadiness",
        "usages.list",
        shows({"value": [{"name": {"value": "cores"}, "currentValue": 20, "limit": 20, "unit": "Count"}]}),
        "warning resourceAvailabilityCheckDeploymentQuotaLimitReached",
    ),
    ("resourceProviders", "provider.get", NO_RIGHT, "failed permissionCheckNoSubscriptionReaderRole"),
    ("permissionOnResourceGroup", "group.*", NO_RIGHT, "failed permissionCheckNoResourceGroupOwnerRole"),
    (
        "permissionOnResourceGroup",
        "group.get",
        shows({"location": SITE.region, "properties": {"provisioningState": "Deleting"}}),
        "failed resourceAvailabilityCheckResourceGroupBeingDeleted",
    ),
    ("resourceGroupLocks", "locks.list", NO_RIGHT, "failed permissionCheckNoResourceGroupOwnerRole"),
    (
        "resourceGroupLocks",
        "locks.list",
        shows({"value": [LOCK]}),
        "failed resourceAvailabilityCheckResourceGroupLockedForReadonly",
    ),
    ("subnetIpUsage", "vnet.get", NO_RIGHT, "failed permissionCheckNoVNetContributorRole"),
    (
        "subnetIpUsage",
        "vnet.get",
        shows({"id": VNET, "name": "theirs", "location": SITE.region, "properties": {"subnets": [CLAIMED]}}),
        "failed resourceAvailabilityCheckSubnetWithExternalResources",
    ),
    (
        "intuneEnrollment",
        "graph.managedDevice.list",
        NOT_IN_GRAPH,
        "failed resourceAvailabilityCheckNoIntuneReaderRoleError",
    ),
    (
        "intuneEnrollment",
        "graph.enrollmentConfiguration.list",
        NOT_IN_GRAPH,
        "informational resourceAvailabilityCheckNoIntuneReaderRoleError",
    ),
    (
        "entraDeviceSync",
        "graph.organization.list",
        shows({"value": [{"id": "x", "onPremisesSyncEnabled": None}]}),
        "warning azureAdDeviceSyncCheckConnectDisabled",
    ),
]


async def test_refusals_and_states_of_the_cloud_are_reported_in_graphs_terms(worker: Worker) -> None:
    await network(worker)
    connection(worker, network=own(), **hybrid())
    said = []
    for name, op, answer, _ in SAYS:
        rule = {"id": "one", "match": {"op": op}, "do": {"kind": "http", **answer}}
        answered = await worker.cloud.call("POST", "/_sim/faults", json=rule)
        assert answered.status < 300, answered.body
        found = await check(worker, name)
        assert found is not None
        assert found.additional_detail, (name, op)
        assert found.recommended_action, (name, op, found)
        said.append((name, f"{found.status.value} {found.error_type}"))
    assert said == [(name, expected) for name, _, _, expected in SAYS]


FURTHER = "7d3a52a1-0b6e-4c57-9f51-2f0c1d4b8e11"


@pytest.mark.parametrize(
    ("name", "op", "error_type"),
    [
        ("azureTenantReadiness", "subscription.get", "permissionCheckNoSubscriptionReaderRole"),
        ("resourceProviders", "provider.get", "permissionCheckNoSubscriptionReaderRole"),
        ("permissionOnResourceGroup", "group.*", "permissionCheckNoResourceGroupOwnerRole"),
        ("azureTenantReadiness", "usages.list", "permissionCheckNoSubscriptionReaderRole"),
    ],
)
async def test_a_fault_in_a_further_subscription_is_a_warning_that_names_it(
    worker: Worker, name: str, op: str, error_type: str
) -> None:
    worker.keep(TENANT.but(further_subscription_ids=(FURTHER,)))
    connection(worker)
    rule = {"id": "one", "match": {"op": op, "path": f"*/subscriptions/{FURTHER}*"}, "do": {"kind": "http", **NO_RIGHT}}
    assert (await worker.cloud.call("POST", "/_sim/faults", json=rule)).status < 300
    found = await check(worker, name)
    assert found is not None
    assert (found.status.value, found.error_type) == ("warning", error_type)
    assert f"further subscription {FURTHER}" in (found.additional_detail or "")
    assert found.recommended_action
    made = await worker.do(RUN_CHECK, CheckOrder(tenant_id=TENANT.id, connection_id="c1", check=name))
    assert made.closed == (FURTHER,)

    await network(worker)
    connection(worker, network=own())
    found = await check(worker, name)
    assert found is not None
    assert found.status.value == "passed"
