"""Each writable property of each entity in Graph's metadata is kept and shown, or refused.

The properties are those of the metadata (`specification/graph.json`). Each is sent with a plausible value, in a PATCH
and where there is one in a POST. A refusal is as good as keeping it; it says that the property is read-only, that the
value is none, or that the simulator does not have it, and never that a property that Graph has does not exist.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from packages.azure_simulator.tests.answers import SPECIFICATION
from packages.azure_simulator.tests.directory import WRITABLE_SETS, Graph, open_directory

TYPES: dict[str, Any] = json.loads((SPECIFICATION / "graph.json").read_text())["types"]
GUID, DATE = "33333333-3333-4333-8333-333333333333", "2027-01-01T00:00:00Z"
TEXTS = {"usageLocation": "DE", "preferredLanguage": "en-US", "country": "Germany"}
UNSHOWN = {"passwordProfile"}
"""Properties that are kept and never shown."""


@cache
def members(name: str) -> dict[str, str]:
    """Return the properties of a type, also those that it inherits."""
    found = TYPES[name]
    inherited = members(found["base"]) if found.get("base") else {}
    return {**inherited, **found.get("members", {})}


def values(kind: str, name: str) -> Iterator[Any]:
    """Yield plausible values of a type of the metadata."""
    bare = kind.removesuffix("?")
    if bare.startswith("Collection("):
        for each in values(bare.removeprefix("Collection(").removesuffix(")"), name):
            yield [each]
        return
    declared = TYPES.get(bare)
    if declared is not None and declared["kind"] == "enum":
        yield from declared["values"][:3]
    elif declared is not None:
        for member, each in members(bare).items():
            for value in values(each, member):
                yield {member: value}
    else:
        plain: dict[str, list[Any]] = {
            "Edm.Boolean": [True, False],
            "Edm.Guid": [GUID],
            "Edm.DateTimeOffset": [DATE],
            "Edm.Date": ["2027-01-01"],
            "Edm.Int32": [2],
            "Edm.Int64": [2],
            "Edm.Binary": ["YWJj"],
        }
        yield from plain.get(bare, [TEXTS.get(name, "text"), "https://a.example/b", "a@contoso.example", GUID])


@cache
def prepared() -> Graph:
    graph = open_directory()
    graph.app.sim("POST", "graph/devices", {"displayName": "pc"})
    application = graph("POST", "/applications", {"displayName": "One"})
    graph("POST", "/servicePrincipals", {"appId": application["appId"]})
    graph.app.sim("POST", "snapshot", {"name": "prepared"})
    return graph


@pytest.fixture
def graph() -> Graph:
    prepared().app.sim("POST", "restore", {"name": "prepared"})
    return prepared()


def first(graph: Graph, name: str) -> str:
    """Return the id of an object that can be written."""
    found = graph("GET", f"/{WRITABLE_SETS[name]}")["value"]
    if name == "servicePrincipal":
        found = [each for each in found if each["displayName"] == "One"]
    if name == "group":
        found = [each for each in found if not each["mailEnabled"] and not each["groupTypes"]]
    return str(found[0]["id"])


NAMES = [name for name in WRITABLE_SETS if name != "managedDevice"]
UNKNOWN = "does not exist as a declared property"


@pytest.mark.parametrize("name", NAMES)
def test_a_property_that_graph_has_is_shown_on_request_or_said_to_be_missing(graph: Graph, name: str) -> None:
    wrong = []
    for member in members(name):
        reply = graph.send("GET", f"/{WRITABLE_SETS[name]}?$select=id,{member}")
        body = json.loads(reply.body)
        if reply.status == 200:
            wrong += [member for each in body["value"] if member not in each]
        elif (reply.status, body["error"]["code"]) != (400, "NotSupportedBySimulator"):
            wrong.append(f"{member}: {body['error']}")
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_what_the_metadata_has_below_an_entity_is_answered_or_said_to_be_missing(graph: Graph, name: str) -> None:
    wrong, path = [], f"/{WRITABLE_SETS[name]}/{first(graph, name)}"
    for link in TYPES[name]["links"]:
        reply = graph.send("GET", f"{path}/{link}")
        code = json.loads(reply.body).get("error", {}).get("code")
        refused = (reply.status, code) in {(400, "NotSupportedBySimulator"), (403, "Authorization_RequestDenied")}
        wrong += [] if reply.status == 200 or refused else [f"{link}: {reply.status} {code}"]
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_what_a_patch_is_accepted_with_is_shown(graph: Graph, name: str) -> None:
    path = f"/{WRITABLE_SETS[name]}/{first(graph, name)}"
    sent = [(member, value) for member, kind in members(name).items() for value in values(kind, member)]
    wrong = [each for member, value in sent for each in _lost(graph, path, member, value, "PATCH", {member: value})]
    assert not wrong


def _lost(graph: Graph, path: str, member: str, value: Any, method: str, body: Any) -> Iterator[str]:
    """Yield the fault of the answer to one property."""
    reply = graph.send(method, path, body)
    if reply.status >= 400:
        error = json.loads(reply.body)["error"]
        if reply.status not in {400, 403} or UNKNOWN in error["message"]:
            yield f"{member}={value!r} {reply.status}: {error}"
    elif member not in UNSHOWN:
        where = path if method == "PATCH" else f"{path}/{json.loads(reply.body)['id']}"
        shown = graph("GET", f"{where}?$select={member}")[member]
        if not holds(shown, value):
            yield f"{member}={value!r} is shown as {shown!r}"


NEW: dict[str, dict[str, Any]] = {
    "user": {
        "accountEnabled": True,
        "displayName": "New",
        "mailNickname": "new",
        "passwordProfile": {"password": "Th1s-is-not-secret"},
    },
    "group": {"displayName": "New", "mailEnabled": False, "securityEnabled": True, "mailNickname": "new"},
    "application": {"displayName": "New"},
}


@pytest.mark.parametrize("name", NEW)
def test_what_a_post_is_accepted_with_is_shown(graph: Graph, name: str) -> None:
    sent = [(member, value) for member, kind in members(name).items() for value in values(kind, member)]
    wrong: list[str] = []
    for number, (member, value) in enumerate(sent):
        own = {"userPrincipalName": f"new{number}@contoso.example"} if name == "user" else {}
        wrong += _lost(graph, f"/{WRITABLE_SETS[name]}", member, value, "POST", {**NEW[name], **own, member: value})
    assert not wrong


def holds(shown: Any, sent: Any) -> bool:
    """Return whether a shown value has every member that was sent."""
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(holds(shown.get(key), each) for key, each in sent.items())
    if isinstance(sent, list):
        return len(shown) == len(sent) and all(map(holds, shown, sent))
    return bool(shown == sent)


REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/users", {"usageLocation": "XX"}),
    ("/users", {"usageLocation": "Germany"}),
    ("/users", {"jobTitle": "x" * 129}),
    ("/users", {"mobilePhone": 49}),
    ("/users", {"businessPhones": ["1", "2"]}),
    ("/users", {"preferredLanguage": "a sentence"}),
    ("/users", {"otherMails": ["nobody"]}),
    ("/users", {"userType": "Robot"}),
    ("/users", {"ageGroup": "Old"}),
    ("/users", {"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}}),
    ("/users", {"onPremisesExtensionAttributes": {"extensionAttribute1": "x" * 1025}}),
    ("/users", {"passwordPolicies": "Any"}),
    ("/users", {"displayName": None}),
    ("/groups", {"mailNickname": "a b"}),
    ("/groups", {"mailNickname": "ä"}),
    ("/groups", {"description": "x" * 1025}),
    ("/groups", {"visibility": "Hidden"}),
    ("/groups", {"groupTypes": ["Unified"]}),
    ("/groups", {"groupTypes": ["DynamicMembership"]}),
    ("/groups", {"membershipRule": 'user.country -eq "DE"'}),
    ("/groups", {"mailEnabled": True}),
    ("/groups", {"isAssignableToRole": True}),
    ("/groups", {"securityEnabled": None}),
    ("/devices", {"accountEnabled": "no"}),
    ("/devices", {"operatingSystem": None}),
    ("/devices", {"extensionAttributes": {"extensionAttribute1": 5}}),
)


def test_values_that_graph_refuses_are_refused(graph: Graph) -> None:
    kinds = {"/users": "user", "/groups": "group", "/devices": "device"}
    for path, body in REFUSED:
        found = graph.error("PATCH", f"{path}/{first(graph, kinds[path])}", body)
        assert found[:2] == (400, "Request_BadRequest"), (body, found)
