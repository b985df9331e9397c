"""The comparison of answers with Microsoft's specifications finds contradictions, and covers all simulated types."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.arm.registry import registry
from azure_simulator.conformity import Conformity
from azure_simulator.conformity.resource_answers import OTHERS
from azure_simulator.core.answers import Answer
from azure_simulator.core.calls import Call
from azure_simulator.core.cloud import Cloud

from packages.azure_simulator.tests.answers import SPECIFICATION, conformity
from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import ARM, GROUP, VMS, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_deployed_services import DEPLOYED

NOT_DESCRIBED = {
    "Microsoft.Authorization/policyAssignments",
    "Microsoft.Authorization/policyDefinitions",
    "Microsoft.DesktopVirtualization/applicationGroups/desktops",
    "Microsoft.DesktopVirtualization/hostPools/sessionHosts/userSessions",
    "Microsoft.DesktopVirtualization/scalingPlans",
    "Microsoft.Network/privateDnsZones",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    "Microsoft.Network/privateEndpoints",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    "Microsoft.Network/routeTables",
    "Microsoft.Resources/deployments",
    "Microsoft.Storage/storageAccounts",
    "Microsoft.Web/serverfarms",
    "Microsoft.Web/sites",
    *DEPLOYED,
}
"""Types without a resource in the stored facts of bicep-types-az: nobody makes desktops and sessions
by a PUT, and of the others only what a deployment of the service needs is simulated."""


def seen_at(app: InProcessCloud, path: str, audience: str = ARM) -> tuple[Call, Answer]:
    """Return the call of a GET and its answer."""
    seen: list[tuple[Call, Answer]] = []

    def note(call: Call, answer: Answer) -> None:
        seen.append((call, answer))

    Cloud.witnesses.append(note)
    try:
        app.send("GET", path, authorization=f"Bearer {app.token('app', audience)}")
    finally:
        Cloud.witnesses.remove(note)
    return seen[-1]


def machine() -> tuple[Call, Answer]:
    app = open_cloud()
    app.create_machine("vm", app.create_network())
    return seen_at(app, f"{VMS}/vm")


def user() -> tuple[Call, Answer]:
    app = open_cloud()
    made = app.sim("POST", "graph/users", {"userPrincipalName": "a@a.example"})
    return seen_at(app, f"/v1.0/users/{made['id']}", "https://graph.microsoft.com")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("properties", "colour"), "blue", "colour is no member"),
        (("colour",), "blue", "colour is no member"),
        (("location",), None, "location is missing"),
        (("properties", "osProfile", "adminPassword"), "x", "adminPassword is a secret"),
        (("properties", "priority"), "Cheap", "priority is 'Cheap'"),
        (("properties", "storageProfile", "osDisk", "diskSizeGB"), "128", "diskSizeGB is str"),
        (("tags",), [], "tags is list"),
    ],
)
def test_what_does_not_fit_is_found(path: tuple[str, ...], value: Any, says: str) -> None:
    call, answer = machine()
    assert conformity().wrong(call, answer) == []
    body: Any = copy.deepcopy(answer.body)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    if value is None:
        del inner[path[-1]]
    assert any(says in each for each in conformity().wrong(call, Answer(body)))


def test_an_error_has_code_and_message() -> None:
    call, _ = machine()
    assert conformity().wrong(call, Answer({"error": {"code": "X"}}, 404))
    assert conformity().wrong(call, Answer({"error": {"code": "X", "message": "y", "why": "z"}}, 404))
    assert conformity().wrong(call, Answer({"error": {"code": "X", "message": "y", "target": "z"}}, 404)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("colour", "blue"), ("businessPhones", None), ("displayName", 4), ("userPrincipalName", ["a"])],
)
def test_what_does_not_fit_graph_is_found(name: str, value: Any) -> None:
    call, answer = user()
    assert conformity().wrong(call, answer) == []
    body: Any = {**answer.body, name: value}  # type: ignore[dict-item]
    assert conformity().wrong(call, Answer(body, headers=answer.headers)) != []
    assert conformity().wrong(call, Answer(answer.body)) != []  # without the ids of the request


def test_every_type_is_described() -> None:
    app = open_cloud()
    names = {each.name for each in registry(app.cloud.world) if each.name.lower() not in OTHERS}
    assert {name for name in names if not conformity().schemas.knows(name)} == NOT_DESCRIBED


def test_the_sources_and_their_licences_are_named() -> None:
    text = (SPECIFICATION / "README.md").read_text()
    for name in ("arm", "graph"):
        found = json.loads((SPECIFICATION / f"{name}.json").read_text())
        assert found["commit"] in text
        assert found["licence"].removeprefix("MIT, ") in text


def test_what_does_not_fit_is_an_invariant(tmp_path: Path) -> None:
    arm = json.loads((SPECIFICATION / "arm.json").read_text())
    del arm["types"][arm["resources"]["microsoft.resources/resourcegroups"]]["members"]["location"]
    (tmp_path / "arm.json").write_text(json.dumps(arm))
    (tmp_path / "graph.json").write_text((SPECIFICATION / "graph.json").read_text())
    app, found = open_cloud(), Conformity(tmp_path)
    found.watch(app.cloud)
    try:
        app.request("PUT", GROUP, {"location": REGION})
    finally:
        Cloud.witnesses.remove(found.see)
    (finding,) = app.sim("GET", "invariants")["findings"]
    assert finding["invariant"] == "specification"
    assert "location is no member" in finding["text"]
    assert finding["request"] == f"PUT {GROUP}"
