"""Checks that ARM makes before a resource provider gets the request: version, group, parent, name, ETag."""

import json
from typing import Any

import pytest
from azure_simulator.arm.registry import registry
from azure_simulator.compute import provider

from packages.azure_simulator.tests.bodies import REGION, nic_body
from packages.azure_simulator.tests.in_process import (
    GROUP,
    NETWORK,
    SUB,
    VMS,
    InProcessCloud,
    open_cloud,
    prepared_once,
)

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
GATE = f"{NETWORK}/natGateways/gate"


@prepared_once
def prepared() -> InProcessCloud:
    """A cloud with a machine, for requests that change nothing."""
    app = open_cloud()
    assert app.create_machine("cpc-1", app.create_network()).status == 201
    return app


@pytest.mark.parametrize(
    ("path", "version", "answer"),
    [
        (f"{VMS}/cpc-1", "", (400, "MissingApiVersionParameter")),
        (f"{VMS}/cpc-1", "2019-01-32", (400, "NoRegisteredProviderFound")),
        (f"{VMS}/cpc-1", "2026-03-03", (400, "NoRegisteredProviderFound")),
        (f"{COMPUTE}/galleries/g", "2026-04-01", (400, "NoRegisteredProviderFound")),
        (f"{NETWORK}/virtualNetworks/vnet", "2026-04-01", (400, "NoRegisteredProviderFound")),
        (GROUP, "2026-04-01", (400, "InvalidApiVersionParameter")),
        (f"{GROUP}/providers/Microsoft.Nowhere/things/x", "2026-04-01", (404, "InvalidResourceNamespace")),
        (f"{COMPUTE}/things/x", "2026-04-01", (404, "InvalidResourceType")),
        (f"{COMPUTE}/things/x", "", (400, "MissingApiVersionParameter")),
    ],
)
def test_unknown_versions_and_types(path: str, version: str, answer: tuple[int, str]) -> None:
    assert prepared().error("GET", f"{path}?api-version={version}") == answer


def test_the_refusal_lists_what_is_supported() -> None:
    reply = prepared().send("GET", f"{VMS}/cpc-1?api-version=1999-01-01")
    message = json.loads(reply.body)["error"]["message"]
    assert "for location 'westeurope' and API version '1999-01-01' for type 'virtualMachines'" in message
    assert all(version in message for version in provider.COMPUTE.api_versions.split())


def test_more_versions_can_be_allowed() -> None:
    app = open_cloud()
    app.create_network()
    path = f"{NETWORK}/virtualNetworks/vnet?api-version=2031-01-01"
    assert app.error("GET", path)[0] == 400
    app.sim("POST", "config", {"apiVersions": {"Microsoft.Network": ["2031-01-01"]}})
    assert app.request("GET", path)["name"] == "vnet"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_below_a_group_that_is_not_there_nothing_is(method: str) -> None:
    path = f"{SUB}/resourceGroups/gone/providers/Microsoft.Network/networkInterfaces/nic"
    assert prepared().error(method, path, {"location": REGION}) == (404, "ResourceGroupNotFound")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{VMS}/gone/extensions/x", {"location": REGION}),
        (f"{NETWORK}/virtualNetworks/gone/subnets/x", {"properties": {"addressPrefix": "10.0.0.0/24"}}),
        (f"{COMPUTE}/galleries/gone/images/x", {"location": REGION}),
    ],
)
def test_a_child_needs_its_parent(path: str, body: dict[str, Any]) -> None:
    assert prepared().error("PUT", path, body) == (404, "ParentResourceNotFound")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{VMS}/-x", "InvalidParameter"),
        (f"{VMS}/{'x' * 65}", "InvalidParameter"),
        (f"{VMS}/{'x' * 261}", "InvalidResourceName"),
        (f"{VMS}/a%3Cb", "InvalidResourceName"),
        (f"{VMS}/dot.", "InvalidResourceName"),
        (f"{COMPUTE}/disks/_x", "InvalidParameter"),
        (f"{COMPUTE}/galleries/with-hyphen", "InvalidParameter"),
        (f"{NETWORK}/virtualNetworks/-x", "InvalidResourceName"),
        (f"{NETWORK}/networkInterfaces/x-", "InvalidResourceName"),
        (f"{SUB}/resourceGroups/a%20b", "InvalidResourceGroup"),
        (f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/ab", "InvalidResourceName"),
    ],
)
def test_names_follow_the_rules_of_their_type(path: str, code: str) -> None:
    assert prepared().error("PUT", path, {"location": REGION}) == (400, code)


def test_every_rule_is_about_a_type_that_is_served() -> None:
    served = {route.template.lower() for route in prepared().cloud.router.routes}
    for each in registry(prepared().cloud.world):
        words = each.path.lower().split("/") if each.naming else []
        assert any(all(f"/{word}/{{" in template for word in words) for template in served), each.name


def test_a_write_may_depend_on_an_etag() -> None:
    app = open_cloud()
    app.create_network()
    body = {"location": REGION, "properties": {"idleTimeoutInMinutes": 10}}
    assert app.error("PUT", GATE, body, **{"if-match": "*"}) == (412, "PreconditionFailed")
    app.request("PUT", GATE, body, **{"if-none-match": "*"})
    made = app.send("GET", GATE)
    assert made.headers["ETag"] == json.loads(made.body)["etag"]
    assert app.error("PUT", GATE, body, **{"if-none-match": "*"}) == (412, "PreconditionFailed")
    first = made.headers["ETag"]
    app.request("PUT", GATE, {**body, "tags": {"a": "b"}}, **{"if-match": first})
    reply = app.send("DELETE", GATE, **{"if-match": first})
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["details"][0]["code"]) == (412, "PreconditionFailedEtagMismatch")
    assert app.send("DELETE", GATE, **{"if-match": app.request("GET", GATE)["etag"]}).status == 202


def test_a_machine_s_etag_is_a_number_that_grows() -> None:
    app = prepared()
    before = int(app.request("GET", f"{VMS}/cpc-1")["etag"].strip('"'))
    app.request("PATCH", f"{VMS}/cpc-1", {"tags": {"a": "b"}})
    assert int(app.request("GET", f"{VMS}/cpc-1")["etag"].strip('"')) > before
    reply = app.send("PATCH", f"{VMS}/cpc-1", {"tags": {}}, **{"if-match": f'"{before}"'})
    assert (reply.status, b"does not match etag" in reply.body) == (412, True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{VMS}/nobody", 204),
        (f"{COMPUTE}/disks/nobody", 204),
        (f"{NETWORK}/networkInterfaces/nobody", 204),
        (f"{NETWORK}/virtualNetworks/vnet/subnets/nobody", 204),
        (f"{VMS}/cpc-1/extensions/nobody", 204),
        (f"{COMPUTE}/galleries/nobody", 204),
        (f"{SUB}/resourceGroups/nobody", 404),
    ],
)
def test_deleting_what_is_not_there(path: str, status: int) -> None:
    assert prepared().send("DELETE", path).status == status


def test_an_interface_and_its_subnet_are_in_one_region() -> None:
    body = {**nic_body(f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"), "location": "northeurope"}
    assert prepared().error("PUT", f"{NETWORK}/networkInterfaces/far", body) == (400, "InvalidResourceReference")


def test_a_token_for_another_service_is_refused() -> None:
    app = prepared()
    app.token("other", "https://graph.microsoft.com")
    assert app.error("GET", f"{VMS}/cpc-1", caller="other") == (401, "InvalidAuthenticationTokenAudience")
