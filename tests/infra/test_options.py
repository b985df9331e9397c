"""Options of the template: the default deployment equals Microsoft's expansion, and each option fits the types."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.house.tree import ROOT
from tests.infra.judge import Template, parameters
from tests.infra.resource_types import ResourceTypes
from tests.infra.values import Declared, Either, Resource, Unknown, Value

INFRA = ROOT / "infra"
TYPES = ResourceTypes()
GIVEN = parameters(INFRA / "main.bicepparam")
RECORDED = ROOT / "packages" / "azure_simulator" / "tests" / "recorded" / "bicep" / "main.snapshot.jsonl"
LOOPS = {"rules", "storageAccess", "named"}
"""Symbols with many rows: of each only the last one is evaluated."""
BESIDE = {"id", "type", "apiVersion", "scope", "dependsOn"}
SINCE = {
    "properties.publicNetworkAccess: Enabled",
    "properties.DESKWRIGHT_EXPORT_EVERY_HOURS: 24",
    "properties.DESKWRIGHT_EVERY_EXPORT_KEPT_IN_DAYS: 2",
    "properties.DESKWRIGHT_USAGE_KEPT_IN_DAYS: 90",
    "properties.DESKWRIGHT_COST_KEPT_IN_MONTHS: 13",
    "properties.DESKWRIGHT_AUDIT_KEPT_IN_DAYS: ",
    "properties.DESKWRIGHT_TIMELINES_KEPT_IN_DAYS: 365",
    "properties.DESKWRIGHT_RELEASES_KEPT_IN_DAYS: 365",
    "properties.DESKWRIGHT_PRICES_URL: https://prices.azure.com",
    "properties.DESKWRIGHT_MAIL_URL: ",
    "properties.DESKWRIGHT_MAIL_SENDER: ",
    "properties.DESKWRIGHT_WEBHOOK_NETWORKS: ",
}
"""Members that the template has gained since it was expanded: the first is Azure's own default."""
SCALING = "properties.functionAppConfig.scaleAndConcurrency."
ENDPOINTS = ("zones", "links", "endpoints", "groups")
SUBNET = "/subscriptions/s/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/apps"
OPTIONS: dict[str, dict[str, Value]] = {
    "private endpoints": {"reachableFrom": "privateEndpoints"},
    "existing subnets and zones": {
        "reachableFrom": "privateEndpoints",
        "appSubnetId": SUBNET,
        "endpointSubnetId": SUBNET,
        "privateDnsZoneIds": {"blob": "/b", "queue": "/q", "table": "/t", "vault": "/v"},
    },
    "zones by a policy": {"reachableFrom": "privateEndpoints", "makePrivateDnsZones": False},
    "an existing subnet": {"appSubnetId": SUBNET},
    "an existing subnet and no network rules": {"appSubnetId": SUBNET, "reachableFrom": "anywhere"},
    "a firewall": {"networkSecurityGroupId": "/nsg", "routeTableId": "/routes"},
    "restrictions": {"appAllowedAddresses": ["203.0.113.0/24", "ApplicationInsightsAvailability"]},
    "names": {"storageName": "stdeskwright01", "vaultName": "kv-deskwright", "appName": "func-deskwright"},
    "no zones": {"storageSku": "Standard_LRS"},
}


def deployed(**more: Value) -> dict[str, Resource]:
    """Return the resources of a deployment by symbol, those of its modules, too."""
    template = Template(INFRA / "main.bicep", TYPES, {**GIVEN, **more})
    assert template.problems == []
    return {each.symbol: each for each in template.everything()}


def differences(wanted: Any, found: Value, path: str = "") -> Iterator[str]:
    """Yield the members in which a recorded and a judged resource differ; an unknown value equals every other."""
    if isinstance(found, Unknown | Either | Declared):
        return
    if isinstance(wanted, dict) and isinstance(found, dict):
        dynamic = any(name.startswith("${") for name in found)
        for name in wanted.keys() | found.keys():
            if not (name.startswith("${") or (dynamic and name not in found)):
                yield from differences(wanted.get(name), found.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for one, other in zip(wanted, found, strict=True):
            yield from differences(one, other, f"{path}[]")
    elif isinstance(wanted, str) and wanted.startswith("["):
        return
    elif wanted != found:
        yield f"{path}: {found}" if wanted is None else f"{path}: {wanted} -> {found}"


def test_the_default_deployment_is_the_one_that_was_expanded() -> None:
    rows = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
    template = Template(INFRA / "main.bicep", TYPES, GIVEN)
    judged = list(template.everything())
    assert {each.type for each in judged} == {row["type"] for row in rows}
    (config,) = (row["properties"] for row in rows if row["type"] == "Microsoft.Web/sites/config")
    (ours,) = (module.body["params"]["settings"] for module, _ in template.modules if module.symbol == "appSettings")
    gained = set(differences(config, ours, "properties"))
    for each in judged:
        if each.symbol in LOOPS or each.type.endswith("workbooks"):
            continue
        body = {name: value for name, value in each.body.items() if name not in {"scope", "dependsOn", "parent"}}
        same = [{key: of for key, of in row.items() if key not in BESIDE} for row in rows if row["type"] == each.type]
        same = [{**row, "name": row["name"].rpartition("/")[2]} for row in same]
        gained |= min((set(differences(row, body)) for row in same), key=len)
    assert {each for each in gained if not each.startswith(SCALING)} == SINCE
    assert {each.removeprefix(SCALING).partition(":")[0] for each in gained - SINCE} == {"alwaysReady", "triggers"}


@pytest.mark.parametrize("given", OPTIONS.values(), ids=OPTIONS)
def test_an_option_fits_microsoft_s_types(given: dict[str, Value]) -> None:
    assert deployed(**given)


def test_with_private_endpoints_nothing_is_reached_from_outside() -> None:
    found = deployed(reachableFrom="privateEndpoints", allowedAddresses=["203.0.113.7"])
    for name in ("storage", "vault"):
        properties = found[name].body["properties"]
        assert properties["publicNetworkAccess"] == "Disabled"
        assert properties["networkAcls"]["defaultAction"] == "Deny"
        assert (properties["networkAcls"]["ipRules"], properties["networkAcls"]["virtualNetworkRules"]) == ([], [])
    assert found.keys() >= set(ENDPOINTS)
    assert [each["name"] for each in found["network"].body["properties"]["subnets"]] == ["functions", "endpoints"]


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        (OPTIONS["existing subnets and zones"], {"network", "zones", "links"}),
        (OPTIONS["zones by a policy"], {"zones", "links", "groups"}),
        (OPTIONS["an existing subnet"], {"network", *ENDPOINTS}),
        (OPTIONS["an existing subnet and no network rules"], {"network", *ENDPOINTS}),
    ],
)
def test_what_exists_is_not_made(given: dict[str, Value], lacking: set[str]) -> None:
    assert deployed(**given).keys() & {"network", *ENDPOINTS} == {"network", *ENDPOINTS} - lacking


def test_the_app_is_in_an_existing_subnet_whatever_reaches_the_account() -> None:
    for where in ("subnet", "privateEndpoints", "anywhere"):
        found = deployed(appSubnetId=SUBNET, endpointSubnetId=SUBNET, reachableFrom=where)
        assert found["app"].body["properties"]["virtualNetworkSubnetId"] == SUBNET


def test_where_all_traffic_is_routed_elsewhere_the_platform_still_reaches_the_app() -> None:
    (subnet,) = deployed(**OPTIONS["a firewall"])["network"].body["properties"]["subnets"]
    properties = subnet["properties"]
    assert (properties["routeTable"], properties["networkSecurityGroup"]) == ({"id": "/routes"}, {"id": "/nsg"})
    assert {"service": "Microsoft.Web"} in properties["serviceEndpoints"]


def test_restrictions_of_the_app_let_in_who_is_named_and_its_deployment_site_too() -> None:
    config = deployed(**OPTIONS["restrictions"])["app"].body["properties"]["siteConfig"]
    rules = [(each["ipAddress"], each["tag"]) for each in config["ipSecurityRestrictions"]]
    assert rules == [("203.0.113.0/24", "Default"), ("ApplicationInsightsAvailability", "ServiceTag")]
    assert (config["ipSecurityRestrictionsDefaultAction"], config["scmIpSecurityRestrictionsUseMain"]) == ("Deny", True)


def test_names_of_one_s_own_are_taken() -> None:
    found = deployed(**OPTIONS["names"])
    assert [found[each].body["name"] for each in ("storage", "vault", "app")] == list(OPTIONS["names"].values())


def test_settings_that_an_operator_has_added_survive_a_deployment() -> None:
    kept = {"WEBSITE_TIME_ZONE": "W. Europe", "DESKWRIGHT_OLD": "1", "AzureWebJobsStorage__clientId": "before"}
    settings = {"DESKWRIGHT_NEW": "2", "AzureWebJobsStorage__clientId": "now"}
    template = Template(INFRA / "settings.bicep", TYPES, {"appName": "app", "kept": kept, "settings": settings})
    (found,) = template.everything()
    assert template.problems == []
    assert found.body["properties"] == {"WEBSITE_TIME_ZONE": "W. Europe", **settings}


@pytest.mark.parametrize("made", [True, False])
def test_a_resource_group_is_made_or_exists(*, made: bool) -> None:
    given = parameters(INFRA / "azd.bicepparam") | {"makeResourceGroup": made, "resourceGroupName": "ours"}
    template = Template(INFRA / "azd.bicep", TYPES, given)
    groups = [each.body["name"] for each in template.everything() if each.type.endswith("/resourceGroups")]
    assert (template.problems, groups) == ([], ["ours"] if made else [])
    assert template.outputs["AZURE_RESOURCE_GROUP"] == "ours"


def test_api_versions_are_of_the_last_two_years_or_the_newest() -> None:
    since = "2024-11-24"
    for resource in (each for name in ("azd", "customer") for each in everything(INFRA / f"{name}.bicep")):
        known = [each for each in TYPES.versions[resource.type.lower()] if not each.endswith("-preview")]
        assert resource.version >= since or resource.version.endswith("-preview") or resource.version == known[-1]


def everything(path: Any) -> Iterator[Resource]:
    template = Template(path, TYPES)
    yield from template.resources
    for _, inner in template.modules:
        yield from everything(inner.path)
