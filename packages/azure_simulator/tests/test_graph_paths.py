"""Paths of Graph's metadata that the simulator lacks are refused as not supported, and other paths as Graph does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure_simulator.graph.protocol.paths import is_key

from packages.azure_simulator.tests.answers import SPECIFICATION
from packages.azure_simulator.tests.directory import WRITABLE_SETS, Graph, open_directory
from packages.azure_simulator.tests.tools.graph_paths import FILE

NOT_SUPPORTED = (400, "NotSupportedBySimulator")
ID = "00000000-0000-0000-0000-000000000001"
SETS = WRITABLE_SETS | {"organization": "organization", "subscribedSku": "subscribedSkus"}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return open_directory(3)


def error(graph: Graph, method: str, path: str) -> tuple[int, str, str]:
    """Return status, code and message of a refusal; zeros and blanks of a success."""
    graph.app.advance(10)  # so that no limit is met
    reply = graph.send(method, path, {} if method in {"POST", "PATCH", "PUT"} else None)
    if reply.status < 400:
        return reply.status, "", ""
    found = json.loads(reply.body)["error"]
    return reply.status, found["code"], found["message"]


def denied(found: tuple[int, str, str]) -> bool:
    """Return whether an answer says that Graph does not have the path, or that it does not have the method."""
    status, _, message = found
    return status == 405 or message.startswith("Resource not found for the segment") or (status == 404 and not message)


def two_levels() -> Iterator[tuple[str, str]]:
    """Yield method and path of the first segments, of those below them, and below one member of each collection."""
    said = json.loads(FILE.read_text())
    for root, kind in said["roots"].items():
        yield "GET", f"/{root}"
        entity = kind.strip("*")
        below = f"/{root}/{ID}" if kind.startswith("*") else f"/{root}"
        for name in said["types"][entity].get("links", {}):
            yield "GET", f"{below}/{name}"
        for bound, place in ((entity, below), (kind, f"/{root}")):
            for name, (call, _) in said["bound"].get(bound, {}).items():
                yield "POST" if call == "Action" else "GET", f"{place}/{name}"
                yield "POST" if call == "Action" else "GET", f"{place}/microsoft.graph.{name}"


def test_no_path_of_the_metadata_is_answered_as_if_graph_lacked_it(graph: Graph) -> None:
    tried = [(method, path, error(graph, method, path)) for method, path in two_levels()]
    assert [each for each in tried if denied(each[2])] == []
    assert len(tried) > 800


def test_relations_and_properties_of_what_is_simulated_are_never_denied(graph: Graph) -> None:
    types = json.loads((SPECIFICATION / "graph.json").read_text())["types"]
    wrong = []
    for kind, path in SETS.items():
        declared = types[kind]
        for name in [*declared.get("links", ()), *declared["members"]]:
            found = error(graph, "GET", f"/{path}/{ID}/{name}")
            wrong += [(path, name, found)] if denied(found) else []
    assert wrong == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me/cloudPCs"),
        ("GET", "/sites/root"),
        ("GET", "/sites/contoso.example:/teams/hr"),
        ("GET", "/users/{id}/drive/root:/documents/list.xlsx:/content"),
        ("GET", "/users/{id}/photo/$value"),
        ("GET", "/users('{id}')/manager/$ref"),
        ("PUT", "/users/{id}/manager/$ref"),
        ("GET", "/users/{id}/mailFolders/inbox/messages/1/attachments"),
        ("GET", "/users/{id}/calendar/calendarView/delta"),
        ("POST", "/users/{id}/findMeetingTimes"),
        ("POST", "/users/{id}/microsoft.graph.revokeSignInSessions"),
        ("GET", "/reports/getOffice365ActiveUserDetail(period='D7')"),
        ("GET", "/deviceManagement/virtualEndpoint/cloudPCs"),
        ("GET", "/roleManagement/directory/roleAssignments"),
        ("GET", "/identity/conditionalAccess/policies"),
        ("GET", "/security/alerts_v2/1"),
        ("GET", "/subscribedSkus/$count"),
        ("POST", "/devices"),
        ("PATCH", "/organization/{id}"),
        ("GET", "/beta/deviceManagement/windowsAutopilotDeploymentProfiles"),
        ("GET", "/beta/auditLogs/signIns"),
    ],
)
def test_what_graph_documents_is_not_supported(graph: Graph, method: str, path: str) -> None:
    assert error(graph, method, path.replace("{id}", ID))[:2] == NOT_SUPPORTED


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/colours", "colours"),
        ("/colours/1/red", "colours"),
        ("/users/{id}/colours", "colours"),
        ("/users/{id}/colours/1", "colours"),
        ("/users/{id}/displayName/length", "length"),
        ("/deviceManagement/managedComputers/1", "managedComputers"),
        ("/groups/{id}/members/microsoft.graph.colour", "microsoft.graph.colour"),
    ],
)
def test_the_first_segment_that_graph_does_not_have_is_named(graph: Graph, path: str, segment: str) -> None:
    found = error(graph, "GET", path.replace("{id}", graph("GET", "/groups")["value"][0]["id"]))
    assert found == (400, "BadRequest", f"Resource not found for the segment '{segment}'.")


@pytest.mark.parametrize("below", ["microsoft.graph.orgContact", ID])
def test_a_cast_and_a_key_below_members_are_not_supported(graph: Graph, below: str) -> None:
    group = graph("GET", "/groups")["value"][0]["id"]
    assert graph.error("GET", f"/groups/{group}/members/{below}")[:2] == NOT_SUPPORTED


@pytest.mark.parametrize("name", ["delta", "delta()", "microsoft.graph.delta()", "$count"])
def test_a_function_is_not_read_as_an_id(graph: Graph, name: str) -> None:
    where = "/subscribedSkus" if name == "$count" else "/applications"
    assert graph.error("GET", f"{where}/{name}")[:2] == NOT_SUPPORTED


def test_a_key_below_what_only_beta_has_is_a_key() -> None:
    assert is_key("users/x/onlyInBeta/delta", "delta")
    assert is_key("onlyInBeta/delta", "delta")
    assert not is_key("users/delta", "delta")


@pytest.mark.parametrize("name", ["delta@contoso.example", "graph.user@contoso.example", "$count@contoso.example"])
def test_a_principal_name_is_no_function(graph: Graph, name: str) -> None:
    assert error(graph, "GET", f"/users/{name}")[:2] == (404, "Request_ResourceNotFound")
    assert error(graph, "GET", f"/users('{name}')")[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/users"),
        ("GET", "/users/{id}/getMailTips"),
        ("POST", "/users/{id}/displayName"),
        ("PUT", "/groups"),
    ],
)
def test_a_method_that_a_path_cannot_have_is_not_allowed(graph: Graph, method: str, path: str) -> None:
    assert error(graph, method, path.replace("{id}", ID))[0] == 405


def test_an_organization_is_read_by_its_id(graph: Graph) -> None:
    own = graph("GET", "/organization")["value"][0]
    found = graph("GET", f"/organization/{own['id']}")
    assert found.pop("@odata.context").endswith("/v1.0/$metadata#organization/$entity")
    assert found == own
    assert graph("GET", f"/organization/{own['id']}?$select=displayName")["displayName"] == own["displayName"]
    assert graph.error("GET", f"/organization/{ID}")[:2] == (404, "Request_ResourceNotFound")
    assert graph.error("GET", "/organization/x")[:2] == (400, "Request_BadRequest")


def test_a_product_is_read_by_its_id(graph: Graph) -> None:
    for own in graph("GET", "/subscribedSkus")["value"]:
        found = graph("GET", f"/subscribedSkus/{own['id']}")
        assert {name: value for name, value in found.items() if name != "@odata.context"} == own
    assert graph.error("GET", f"/subscribedSkus/{ID}")[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize("path", ["/organization", "/subscribedSkus"])
def test_a_property_that_graph_has_is_told_from_one_that_it_has_not(graph: Graph, path: str) -> None:
    known = {"/organization": "verifiedDomains", "/subscribedSkus": "accountName"}[path]
    assert graph.error("GET", f"{path}?$select=id,{known}")[:2] == NOT_SUPPORTED
    assert graph.error("GET", f"{path}?$select=colour")[:2] == (400, "Request_BadRequest")


def test_any_without_a_condition_finds_what_has_any(graph: Graph) -> None:
    def found(path: str, query: str) -> list[Any]:
        return [each["id"] for each in graph("GET", f"/{path}?$select=id,assignedLicenses&$filter={query}")["value"]]

    everybody = graph("GET", "/users?$select=id,assignedLicenses")["value"]
    licensed = [each["id"] for each in everybody if each["assignedLicenses"]]
    assert found("users", "assignedLicenses/any()") == licensed
    assert 0 < len(licensed) < len(everybody)
    assert found("groups", "assignedLicenses/any()") == []
    advanced = graph("GET", "/users?$filter=not assignedLicenses/any()&$count=true", consistencylevel="eventual")
    assert {each["id"] for each in advanced["value"]} == {each["id"] for each in everybody} - set(licensed)
