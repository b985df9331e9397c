"""A plain resource type is one declaration, from which the manners of every type follow."""

import json

import pytest
from azure_simulator import arm
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.network import subnets
from azure_simulator.network.provider import NETWORK

from packages.azure_simulator.tests.in_process import NETWORK as NETWORKS
from packages.azure_simulator.tests.in_process import SUB, InProcessCloud, open_cloud

REGION = "westeurope"
ONE = f"{NETWORKS}/routeTables/table"
BODY = {"location": REGION, "properties": {"disableBgpRoutePropagation": True}}


@pytest.fixture
def app() -> InProcessCloud:
    """A cloud with a network."""
    found = open_cloud(profile="real")
    found.create_network()
    found.advance(60)
    return found


def test_it_is_made_shown_listed_tagged_and_deleted(app: InProcessCloud) -> None:
    made = app.send("PUT", ONE, BODY)
    assert made.status == 201
    operation = made.headers["Azure-AsyncOperation"]
    assert app.request("GET", operation)["status"] == "InProgress"
    app.advance(60)
    assert app.request("GET", operation) == {"status": "Succeeded"}
    shown = app.send("GET", ONE)
    body = json.loads(shown.body)
    assert (body["type"], body["properties"]["provisioningState"]) == ("Microsoft.Network/routeTables", "Succeeded")
    assert shown.headers["ETag"] == body["etag"]
    everywhere = f"{SUB}/providers/Microsoft.Network/routeTables"
    assert [app.request("GET", path)["value"] for path in (ONE.rpartition("/")[0], everywhere)] == [[body], [body]]
    assert app.request("PATCH", ONE, {"tags": {"owner": "a"}})["tags"] == {"owner": "a"}
    assert app.send("DELETE", ONE).status == 202
    app.advance(60)
    assert app.error("GET", ONE) == (404, "ResourceNotFound")


def test_what_every_type_refuses_is_refused(app: InProcessCloud) -> None:
    assert app.error("PUT", f"{NETWORKS}/routeTables/-", BODY) == (400, "InvalidResourceName")
    assert app.error("PUT", ONE, {"properties": {}}) == (400, "LocationRequired")
    assert app.error("PUT", ONE, {**BODY, "properties": {"x": 1}}) == (400, "InvalidRequestFormat")
    assert app.error("GET", f"{ONE}?api-version=1999-01-01") == (400, "NoRegisteredProviderFound")
    app.request("PUT", ONE, BODY)
    assert app.error("PUT", ONE, BODY, **{"if-none-match": "*"}) == (412, "PreconditionFailed")


def test_it_counts_against_its_limit_and_the_providers_rate_limits(app: InProcessCloud) -> None:
    app.request("PUT", ONE, BODY)
    usages = app.request("GET", f"{SUB}/providers/Microsoft.Network/locations/{REGION}/usages")["value"]
    rows = {row["name"]["value"]: (row["currentValue"], row["limit"]) for row in usages}
    assert rows["RouteTables"] == (1, 200)
    assert [each for each in app.sim("GET", "buckets?policy=NetworkWrite") if each["taken"]]


def test_a_subnet_that_uses_it_keeps_it(app: InProcessCloud) -> None:
    table = app.request("PUT", ONE, BODY)
    subnet = next(each for each in app.cloud.world.resources.of_type(subnets.TYPE))
    subnet.set(app.cloud.world.now_us, routeTable={"id": table["id"]})
    app.cloud.world.resources.refile(subnet)
    assert app.error("DELETE", ONE) == (400, "InUseRouteTableCannotBeDeleted")
    assert app.request("GET", ONE)["properties"]["subnets"] == [{"id": subnet.id}]


def test_two_declarations_of_one_name_are_a_mistake(app: InProcessCloud) -> None:
    twin = ResourceType(name="microsoft.network/ROUTETABLES", provider=NETWORK, params=("table",))
    with pytest.raises(ValueError, match="declared twice"):
        arm.serve(app.cloud, Operations(twin))
