"""Each option of the template is deployed in the simulated cloud, twice: its resources, and then no change."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from deployment import checks, steps
from deployment.clients import Client, DeploymentError, Json
from tests.deployment.simulated import SUBSCRIPTION, Cloud, quiet
from tests.deployment.test_provisioning import registered
from tests.house.tree import ROOT, text
from tests.infra.compiled import Compiled

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
HUB = f"{SCOPE}/resourceGroups/hub/providers/Microsoft.Network"
APPS, ENDPOINTS = (f"{HUB}/virtualNetworks/hub/subnets/{name}" for name in ("apps", "endpoints"))
STORAGE, VAULT, SITE = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.Web/sites"
NETWORK, ZONE = "Microsoft.Network/virtualNetworks", "Microsoft.Network/privateDnsZones"
ENDPOINT, LINK = "Microsoft.Network/privateEndpoints", f"{ZONE}/virtualNetworkLinks"
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "queue": "privatelink.queue.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
}
ZONE_IDS = {name: f"{HUB}/privateDnsZones/{zone}" for name, zone in ZONES.items()}
DELEGATION = [{"name": "apps", "properties": {"serviceName": "Microsoft.App/environments"}}]
WAYS = [{"service": "Microsoft.Storage"}, {"service": "Microsoft.KeyVault"}]


@cache
def whole() -> Json:
    """Return the template that is deployed, as JSON."""
    return Compiled(ROOT / "infra" / "azd.bicep").template


def put(arm: Client, path: str, body: Json, version: str = "2024-05-01") -> None:
    arm.until_done(arm.send("PUT", f"{path}?api-version={version}", {"location": "westeurope", **body}))


def hub(arm: Client, ways: list[Json], *, zones: bool = True) -> None:
    """Make an organisation's network: two subnets, zones linked to it, a firewall's routes and rules."""
    put(arm, f"{SCOPE}/resourceGroups/hub", {}, "2024-11-01")
    rows = [
        {
            "name": "apps",
            "properties": {"addressPrefix": "10.1.0.0/27", "delegations": DELEGATION, "serviceEndpoints": ways},
        },
        {"name": "endpoints", "properties": {"addressPrefix": "10.1.1.0/27"}},
    ]
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": rows}
    put(arm, f"{HUB}/virtualNetworks/hub", {"properties": space})
    put(arm, f"{HUB}/networkSecurityGroups/hub", {})
    put(arm, f"{HUB}/routeTables/hub", {})
    for each in ZONE_IDS.values() if zones else ():
        put(arm, each, {"location": "global"}, "2024-06-01")
        network = {"virtualNetwork": {"id": f"{HUB}/virtualNetworks/hub"}, "registrationEnabled": False}
        put(arm, f"{each}/virtualNetworkLinks/hub", {"location": "global", "properties": network}, "2024-06-01")


class Made:
    """The resources that a deployment has made, without the resources of the hub."""

    def __init__(self, cloud: Cloud) -> None:
        self._world = cloud.app.cloud.world

    def all(self, kind: str) -> list[Json]:
        rows = self._world.resources.of_type(kind)
        return [dict(each.body) for each in rows if "/resourcegroups/hub/" not in each.key]

    def one(self, kind: str) -> Json:
        (found,) = self.all(kind)
        return found

    def names(self, kind: str) -> set[str]:
        return {each["name"] for each in self.all(kind)}


def closed(made: Made) -> None:
    for kind in (STORAGE, VAULT):
        properties = made.one(kind)["properties"]
        assert properties["publicNetworkAccess"] == "Disabled"
        assert properties["networkAcls"]["virtualNetworkRules"] == []


def registered_in(made: Made) -> set[str]:
    rows = made.all(f"{ENDPOINT}/privateDnsZoneGroups")
    configs = [each["properties"]["privateDnsZoneConfigs"] for each in rows]
    return {config["properties"]["privateDnsZoneId"].lower() for each in configs for config in each}


def by_default(made: Made) -> None:
    (rule,) = made.one(STORAGE)["properties"]["networkAcls"]["virtualNetworkRules"]
    assert rule["id"] == made.one(SITE)["properties"]["virtualNetworkSubnetId"]
    assert made.all(ENDPOINT) == []


def private(made: Made) -> None:
    closed(made)
    assert made.names(ENDPOINT) == {f"deskwright-{name}" for name in ZONES}
    assert made.names(ZONE) == {*ZONES.values()}
    assert len(made.all(LINK)) == len(ZONES)
    assert registered_in(made) == {each["id"].lower() for each in made.all(ZONE)}


def own_network(made: Made) -> None:
    closed(made)
    assert made.all(NETWORK) == made.all(ZONE) == []
    assert made.one(SITE)["properties"]["virtualNetworkSubnetId"] == APPS
    assert {each["properties"]["subnet"]["id"] for each in made.all(ENDPOINT)} == {ENDPOINTS}
    assert registered_in(made) == {each.lower() for each in ZONE_IDS.values()}


def by_policy(made: Made) -> None:
    closed(made)
    assert (len(made.all(ENDPOINT)), made.all(ZONE), registered_in(made)) == (len(ZONES), [], set())


def own_subnet(made: Made) -> None:
    (rule,) = made.one(STORAGE)["properties"]["networkAcls"]["virtualNetworkRules"]
    assert (rule["id"], made.all(NETWORK)) == (APPS, [])


def firewall(made: Made) -> None:
    (subnet,) = made.one(NETWORK)["properties"]["subnets"]
    properties = subnet["properties"]
    assert properties["networkSecurityGroup"]["id"] == f"{HUB}/networkSecurityGroups/hub"
    assert properties["routeTable"]["id"] == f"{HUB}/routeTables/hub"
    assert "Microsoft.Web" in {each["service"] for each in properties["serviceEndpoints"]}


def open_to_all(made: Made) -> None:
    assert made.one(STORAGE)["properties"]["networkAcls"]["defaultAction"] == "Allow"
    assert made.all(NETWORK) == []


def named(made: Made) -> None:
    kinds = (STORAGE, VAULT, SITE, "Microsoft.OperationalInsights/workspaces")
    assert [made.one(kind)["name"] for kind in kinds] == ["stdesk01", "kv-desk", "func-desk", "desks"]
    for kind in (*kinds, NETWORK):
        assert made.one(kind)["tags"].items() >= {"cost": "42", "service": "deskwright"}.items()
        assert "/resourcegroups/shared/" in made.one(kind)["id"].lower()


Judge = Callable[[Made], None]
OPTIONS: dict[str, tuple[Json, Judge]] = {
    "the defaults": ({}, by_default),
    "private endpoints": ({"reachableFrom": "privateEndpoints"}, private),
    "existing subnets and zones": (
        {
            "reachableFrom": "privateEndpoints",
            "appSubnetId": APPS,
            "endpointSubnetId": ENDPOINTS,
            "privateDnsZoneIds": ZONE_IDS,
        },
        own_network,
    ),
    "zones by a policy": ({"reachableFrom": "privateEndpoints", "makePrivateDnsZones": False}, by_policy),
    "an existing subnet": ({"appSubnetId": APPS}, own_subnet),
    "a firewall": (
        {"networkSecurityGroupId": f"{HUB}/networkSecurityGroups/hub", "routeTableId": f"{HUB}/routeTables/hub"},
        firewall,
    ),
    "access restrictions": ({"appAllowedAddresses": ["203.0.113.0/24", "ApplicationInsightsAvailability"]}, by_default),
    "from anywhere": ({"reachableFrom": "anywhere"}, open_to_all),
    "existing group, names and tags": (
        {
            "resourceGroupName": "shared",
            "makeResourceGroup": False,
            "name": "desks",
            "storageName": "stdesk01",
            "vaultName": "kv-desk",
            "appName": "func-desk",
            "tags": {"cost": "42"},
        },
        named,
    ),
}


def prepared(tmp_path: Path, given: Json, ways: list[Json] = WAYS) -> tuple[Cloud, steps.Place]:
    """Return a cloud with a hub, and an installation with these parameters."""
    cloud = Cloud()
    hub(cloud.arm, ways)
    if given.get("makeResourceGroup") is False:
        put(cloud.arm, f"{SCOPE}/resourceGroups/shared", {"tags": {"owner": "somebody"}}, "2024-11-01")
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps(given), "utf-8")
    return cloud, replace(registered(cloud, tmp_path), parameters=file)


@pytest.mark.parametrize(("given", "judge"), OPTIONS.values(), ids=OPTIONS)
def test_an_option_is_deployed_and_the_second_time_nothing_changes(tmp_path: Path, given: Json, judge: Judge) -> None:
    cloud, where = prepared(tmp_path, given)
    failed = [each for each in checks.judge(where, whole) if each.status == "failed"]
    assert failed == []
    assert steps.provision(where, whole(), quiet(), lambda: True)
    judge(Made(cloud))
    again = quiet()
    assert steps.provision(where, whole(), again, lambda: pytest.fail("there is nothing to agree to"))
    assert again.changes == []


def test_who_reaches_the_app_is_written_as_ranges_and_service_tags(tmp_path: Path) -> None:
    _, where = prepared(tmp_path, OPTIONS["access restrictions"][0])
    wanted = steps.plan(where, whole())
    answer = where.arm.send("POST", f"{wanted.path}/whatIf", wanted.body).json()
    (site,) = (each["after"] for each in answer["properties"]["changes"] if each["after"]["type"] == SITE)
    config = site["properties"]["siteConfig"]
    rules = [(each["ipAddress"], each["tag"], each["priority"]) for each in config["ipSecurityRestrictions"]]
    assert rules == [("203.0.113.0/24", "Default", 100), ("ApplicationInsightsAvailability", "ServiceTag", 101)]
    assert (config["ipSecurityRestrictionsDefaultAction"], config["scmIpSecurityRestrictionsUseMain"]) == ("Deny", True)


def test_an_existing_group_keeps_its_tags(tmp_path: Path) -> None:
    cloud, where = prepared(tmp_path, {"resourceGroupName": "shared", "makeResourceGroup": False})
    assert steps.provision(where, whole(), quiet(), lambda: True)
    assert cloud.arm.get(f"{SCOPE}/resourceGroups/shared?api-version=2024-11-01")["tags"] == {"owner": "somebody"}


def test_a_subnet_without_the_service_endpoint_that_the_page_names_is_refused(tmp_path: Path) -> None:
    _, where = prepared(tmp_path, {"appSubnetId": APPS}, WAYS[1:])
    with pytest.raises(DeploymentError, match="SubnetsHaveNoServiceEndpointsConfigured"):
        steps.provision(where, whole(), quiet(), lambda: True)


def test_the_page_names_each_parameter_of_an_option() -> None:
    options = text(ROOT / "docs" / "deploy.md").partition("## Networks")[2].partition("## Customers")[0]
    names = {name for given, _ in OPTIONS.values() for name in given}
    assert [name for name in sorted(names) if f"`{name}`" not in options] == []
