"""Resource groups, locks, providers, and lists of everything."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

LOCK = "providers/Microsoft.Authorization/locks/keep"
VNETS = f"{NETWORK}/virtualNetworks"


def lock(app: InProcessCloud, scope: str, level: str = "CanNotDelete") -> None:
    app.request("PUT", f"{scope}/{LOCK}", {"properties": {"level": level, "notes": "ours"}})


@pytest.mark.parametrize("scope", [SUB, GROUP, VNETS + "/vnet", VNETS + "/vnet/subnets/cpc"])
def test_what_is_locked_above_or_below_is_not_deleted(scope: str) -> None:
    app = open_cloud()
    app.create_network()
    lock(app, scope)
    for path in (GROUP, f"{VNETS}/vnet"):
        assert app.error("DELETE", path) == (409, "ScopeLocked")
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    app.request("PUT", f"{VNETS}/other", {"location": REGION, "properties": space})
    app.send("DELETE", f"{scope}/{LOCK}")
    assert app.send("DELETE", GROUP).status == 202


def test_a_read_only_lock_refuses_writes_and_actions() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    lock(app, GROUP, "ReadOnly")
    for method, path, body in (
        ("PATCH", f"{VMS}/cpc-1", {"tags": {}}),
        ("POST", f"{VMS}/cpc-1/start", None),
        ("PUT", f"{NETWORK}/publicIPAddresses/p", {"location": REGION}),
    ):
        assert app.error(method, path, body) == (409, "ScopeLocked")
    assert app.send("GET", f"{VMS}/cpc-1").status == 200


def test_a_lock_elsewhere_does_not_matter() -> None:
    app = open_cloud()
    app.create_network()
    app.request("PUT", f"{GROUP}-2", {"location": REGION})
    lock(app, f"{GROUP}-2")
    assert app.send("DELETE", f"{VNETS}/vnet").status == 202


def test_locks_are_listed_where_they_apply() -> None:
    app = open_cloud()
    app.create_network()
    lock(app, f"{VNETS}/vnet")
    lock(app, GROUP, "ReadOnly")
    locks = f"{GROUP}/providers/Microsoft.Authorization/locks"
    assert [each["properties"]["level"] for each in app.request("GET", locks)["value"]] == ["ReadOnly", "CanNotDelete"]
    assert len(app.request("GET", f"{locks}?$filter=atScope()")["value"]) == 1
    body = {"properties": {"level": "Sometimes"}}
    assert app.send("PUT", f"{GROUP}/{LOCK}", body).status == 400
    assert app.error("PUT", f"{GROUP}-9/{LOCK}", {"properties": {"level": "ReadOnly"}})[0] == 404


def test_a_group_goes_machines_first() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.sim("POST", "config", {"latency": {"group.delete": {"value": 100}}})
    url = app.send("DELETE", GROUP).headers["Location"]
    assert app.error("PUT", f"{NETWORK}/publicIPAddresses/p", {"location": REGION})[0] == 409
    app.advance(51)
    assert app.sim("GET", "state?type=Microsoft.Compute/virtualMachines") == []
    assert app.send("GET", f"{VNETS}/vnet").status == 200
    assert app.send("GET", url).status == 202
    app.advance(50)
    assert (app.send("GET", url).status, app.send("HEAD", GROUP).status) == (200, 404)


def test_a_group_whose_network_others_use_stays() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.request("PUT", f"{GROUP}-2", {"location": REGION})
    nic = f"{GROUP}-2/providers/Microsoft.Network/networkInterfaces/n"
    app.request("PUT", nic, nic_body(subnet))
    url = app.send("DELETE", GROUP).headers["Location"]
    assert app.error("GET", url) == (409, "ResourceGroupDeletionBlocked")
    assert app.request("GET", GROUP)["properties"]["provisioningState"] == "Succeeded"


def test_a_group_gives_back_the_addresses_its_interfaces_have_elsewhere() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.request("PUT", f"{GROUP}-2", {"location": REGION})
    app.request("PUT", f"{GROUP}-2/providers/Microsoft.Network/networkInterfaces/n", nic_body(subnet))
    app.send("DELETE", f"{GROUP}-2")
    assert app.request("GET", f"{VNETS}/vnet/usages")["value"][0]["currentValue"] == 0


def test_groups_are_listed_by_tag_and_in_pages() -> None:
    app = open_cloud()
    for number in range(5):
        app.request(
            "PUT", f"{SUB}/resourceGroups/g{number}", {"location": REGION, "tags": {"even": str(number % 2 == 0)}}
        )
    found = app.request("GET", f"{SUB}/resourcegroups?$filter=tagName eq 'even' and tagValue eq 'True'")["value"]
    assert [each["name"] for each in found] == ["g0", "g2", "g4"]
    names, link = [], f"{SUB}/resourcegroups?$top=2"
    while link:
        answer = app.request("GET", link)
        names += [each["name"] for each in answer["value"]]
        link = answer.get("nextLink", "")
    assert names == ["g0", "g1", "g2", "g3", "g4"]
    assert app.error("GET", f"{SUB}/resourcegroups?$filter=colour eq 'red'") == (400, "InvalidFilterInQueryString")


def test_resources_are_listed_by_type() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    kinds = [each["type"].rpartition("/")[2] for each in app.request("GET", f"{GROUP}/resources")["value"]]
    assert sorted(kinds) == ["disks", "networkInterfaces", "virtualMachines", "virtualNetworks"]
    found = app.request("GET", f"{SUB}/resources?$filter=resourceType eq 'Microsoft.Compute/virtualMachines'")["value"]
    assert [each["name"] for each in found] == ["cpc-1"]


FILTERS = {
    "name eq 'cpc-1' and (resourceType eq 'Microsoft.Compute/virtualMachines' or resourceType eq 'a.b/c')": ["cpc-1"],
    "substringof('pc-1', name) and resourceType eq 'microsoft.network/networkinterfaces'": ["cpc-1-nic"],
    "resourceType eq 'Microsoft.Compute/virtualMachines' or resourceType eq 'Microsoft.Compute/disks'": ["cpc-1", "os"],
    "resourceType ne 'Microsoft.Compute/disks' and name ne 'vnet'": ["cpc-1-nic", "cpc-1"],
    "tagName eq 'deskwright:cloudpc' and tagValue eq 'cpc-1'": ["cpc-1-nic", "cpc-1"],
    "startswith(tagName, 'deskwright:')": ["cpc-1-nic", "cpc-1"],
    "name eq 'it''s'": [],
}
"""Sources: learn.microsoft.com/rest/api/resources/resources/list; the first was recorded
(github.com/Azure/azure-cli, sql/test_sql_db_security_mgmt)."""


@pytest.mark.parametrize("text", FILTERS)
def test_resources_are_filtered(text: str) -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.advance(3600)
    disk = app.request("GET", f"{VMS}/cpc-1")["properties"]["storageProfile"]["osDisk"]["name"]
    found = app.request("GET", f"{SUB}/resources?$filter={quote(text)}")["value"]
    wanted = [disk if each == "os" else each for each in FILTERS[text]]
    assert sorted(each["name"] for each in found if each["name"] != disk or disk in wanted) == sorted(wanted)


NESTED = f"{'(' * 500}name eq 'a'{')' * 500}"


@pytest.mark.parametrize(
    "text",
    ["name eq 'a' or", "(name eq 'a'", "name eq a", "colour eq 'red'", "tagValue eq 'b'", "name gt 'a'", "'a'", NESTED],
)
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    app = open_cloud()
    assert app.error("GET", f"{SUB}/resources?$filter={quote(text)}") == (400, "InvalidFilterInQueryString")


def test_machines_come_in_pages_while_some_go() -> None:
    app = open_cloud()
    subnet = app.create_network()
    for number in range(4):
        app.create_machine(f"cpc-{number}", subnet)
    app.sim("POST", "config", {"pageSize": 2})
    first = app.request("GET", VMS)
    app.send("DELETE", f"{VMS}/cpc-0")
    second = app.request("GET", first["nextLink"])
    assert [each["name"] for each in first["value"] + second["value"]] == [f"cpc-{n}" for n in range(4)]
    assert "nextLink" not in second
    place = f"{SUB}/providers/Microsoft.Compute/locations/{{}}/virtualMachines"
    assert app.request("GET", place.format("northeurope"))["value"] == []
    assert len(app.request("GET", place.format(REGION))["value"]) == 2


def test_a_provider_is_registered_after_a_while() -> None:
    app = open_cloud()
    app.create_network()
    app.sim(
        "POST",
        "config",
        {"unregisteredProviders": ["Microsoft.Network"], "latency": {"provider.register": {"value": 60}}},
    )
    vnet = {"location": REGION, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    provider = f"{SUB}/providers/Microsoft.Network"
    assert app.error("PUT", f"{VNETS}/v", vnet) == (409, "MissingSubscriptionRegistration")
    assert app.request("POST", f"{provider}/register")["registrationState"] == "Registering"
    app.advance(61)
    found = app.request("GET", provider)
    assert found["registrationState"] == "Registered"
    assert "virtualNetworks/subnets" in {each["resourceType"] for each in found["resourceTypes"]}
    app.request("PUT", f"{VNETS}/v", vnet)
    assert app.error("POST", f"{provider}/unregister?api-version=2021-04-01") == (409, "CannotUnregisterProvider")


def test_a_provider_says_what_can_be_allowed() -> None:
    app = open_cloud()
    names = {each["name"] for each in app.request("GET", "/providers/Microsoft.Compute/operations")["value"]}
    assert {"Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/virtualMachines/start/action"} <= names


def test_a_lock_survives_a_restart(tmp_path: Any) -> None:
    app = open_cloud(journal=tmp_path / "journal")
    app.create_network()
    lock(app, GROUP)
    assert app.cloud.journal is not None
    app.cloud.journal.close()
    again = open_cloud(journal=tmp_path / "journal")
    assert json.loads(again.send("DELETE", GROUP).body)["error"]["code"] == "ScopeLocked"
    assert again.cloud.journal is not None
    again.cloud.journal.close()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_name_that_no_group_can_have_is_refused_as_such(method: str) -> None:
    app = open_cloud()
    assert app.error(method, f"{SUB}/resourceGroups/{quote('~`123')}") == (400, "InvalidResourceGroup")
    assert app.error(method, f"{SUB}/resourceGroups/none") == (404, "ResourceGroupNotFound")


def test_an_address_with_a_label_shows_its_full_name() -> None:
    app = open_cloud()
    app.create_network()
    body = {"location": "West Europe", "properties": {"dnsSettings": {"domainNameLabel": "way-in"}}}
    made = app.request("PUT", f"{NETWORK}/publicIPAddresses/p", body)
    full = {"domainNameLabel": "way-in", "fqdn": "way-in.westeurope.cloudapp.azure.com"}
    assert made["properties"]["dnsSettings"] == full
    assert app.request("GET", f"{NETWORK}/publicIPAddresses/p")["properties"]["dnsSettings"] == full
