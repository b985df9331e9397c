"""Scenarios and events: activated and undone; every file is valid."""

import fnmatch
import json
from pathlib import Path
from typing import Any

import pytest
from azure_simulator import scenarios
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

CAST = {
    "subscription": SUB.rpartition("/")[2],
    "tenant": "contoso",
    "resourceGroup": "desks",
    "network": f"{NETWORK}/virtualNetworks/corp",
    "domain": "corp.contoso.example",
    "account": "corp\\join",
    "joinPassword": "join-contoso",
    "connection": "c",
    "group0": "staff",
    "hostPool": "desks",
    **{f"user{number}": f"user{number}@a.example" for number in range(1, 9)},
}
PARTS = {"name", "number", "about", "needs", "setting", "config", "faults", "events", "expect"}


def power(app: InProcessCloud, name: str) -> str:
    found = app.sim("GET", f"state?type=Microsoft.Compute/virtualMachines&filter={name}")
    return str(found[0]["facts"]["power"])


def refused(app: InProcessCloud, method: str, path: str, body: Any) -> str:
    reply = app.cloud.handle(Request(method, f"/_sim/{path}", "", {"host": "cloud"}, json.dumps(body).encode()))
    assert 400 <= reply.status < 500
    return str(json.loads(reply.body)["error"]["message"])


def stop(when: dict[str, Any]) -> dict[str, Any]:
    return {"id": "stop", "when": when, "do": [{"method": "POST", "path": "{vm}/deallocate?api-version=2026-04-01"}]}


def test_an_event_happens_after_the_nth_request_of_an_operation() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"latency": {"vm.create": {"dist": "fixed", "value": 0}}})
    app.sim("POST", "events", stop({"after": {"op": "vm.get", "name": "cpc-2", "count": 2}}))
    for name in ("cpc-1", "cpc-2"):
        app.create_machine(name, subnet)
        app.advance(1)
    for path in (f"{VMS}/cpc-1", f"{VMS}/nobody", f"{VMS}/cpc-2"):
        app.send("GET", path)
    assert app.sim("GET", "events")[0]["happened"] is None
    app.send("GET", f"{VMS}/cpc-2")
    app.advance(3600)
    (event,) = app.sim("GET", "events")
    assert [act["status"] for act in event["cameTo"]] == [202]
    assert (power(app, "cpc-1"), power(app, "cpc-2")) == ("running", "deallocated")
    app.send("GET", f"{VMS}/cpc-2")
    assert len(app.sim("GET", "events")[0]["cameTo"]) == 1


def test_an_event_happens_at_a_time_once_for_every_resource() -> None:
    app = open_cloud()
    subnet = app.create_network()
    for name in ("cpc-1", "cpc-2"):
        app.create_machine(name, subnet)
    act = {"method": "DELETE", "path": "{each}?api-version=2026-04-01"}
    kind = {"type": "Microsoft.Compute/virtualMachines", "subscription": CAST["subscription"]}
    app.sim("POST", "events", {"when": {"at": 600}, "do": [{**act, "each": kind}]})
    app.advance(599)
    assert app.send("GET", f"{VMS}/cpc-1").status == 200
    app.advance(3600)
    assert [app.send("GET", f"{VMS}/{name}").status for name in ("cpc-1", "cpc-2")] == [404, 404]


def test_an_action_that_is_refused_has_its_error_and_is_not_tried_again() -> None:
    app = open_cloud()
    event = app.sim(
        "POST", "events", {"do": [{"method": "GET", "path": f"{SUB}/resourceGroups/nobody?api-version=2021-04-01"}]}
    )
    assert event["cameTo"][0]["error"]["code"] == "ResourceGroupNotFound"
    assert event["happened"]


@pytest.mark.parametrize(
    "event",
    [
        {"do": {}},
        {"do": [{"method": "GET"}]},
        {"do": [{"method": "GET", "path": "/", "why": ""}]},
        {"do": [], "when": {"at": "noon"}},
        {"do": [], "when": {"after": {}}},
        {"do": [], "when": {"after": {"op": "*", "colour": "red"}}},
        {"do": [], "when": {"at": 1, "after": {"op": "*"}}},
        {"do": [], "colour": "red"},
    ],
    ids=str,
)
def test_an_event_that_makes_no_sense_is_refused(event: dict[str, Any]) -> None:
    app = open_cloud()
    assert refused(app, "POST", "events", event)
    assert app.sim("GET", "events") == []


@pytest.mark.parametrize("name", scenarios.names())
def test_every_scenario_can_be_activated_and_undone(name: str) -> None:
    app = open_cloud()
    app.sim("POST", "config", {"quotas": {"*": {"cores": 10}}})
    before = app.sim("GET", "config")
    found = app.sim("POST", f"scenarios/{name}", CAST)
    brought = [event["cameTo"] for event in app.sim("GET", "events")]
    assert [act for acts in brought for act in acts if act["status"] == 404 and "nothing answers" in str(act)] == []
    app.sim("DELETE", "scenarios")

    assert set(found) <= PARTS
    assert found["about"].endswith(".")
    assert found["expect"]["says"].endswith(".")
    assert app.sim("GET", "config") == before
    assert (app.sim("GET", "faults"), app.sim("GET", "events")) == ([], [])


@pytest.mark.parametrize("name", scenarios.names())
def test_every_operation_that_a_scenario_names_is_there(name: str) -> None:
    scenario = scenarios.load(name)
    named = [rule["match"]["op"] for rule in scenario.get("faults", []) if "op" in rule["match"]]
    named += [each["when"]["after"]["op"] for each in scenario.get("events", []) if "after" in each.get("when", {})]
    there = [route.name.lower() for route in open_cloud().cloud.router.routes] + ["graph.notification"]
    assert [op for op in named if not fnmatch.filter(there, op.lower())] == []


def test_a_scenario_is_found_by_number_and_by_name() -> None:
    app = open_cloud()
    named = [
        app.sim("POST", f"scenarios/{wanted}", CAST)["number"] for wanted in ("23", "subnet-full", "23-subnet-full")
    ]
    assert named == [23, 23, 23]
    assert "23-subnet-full" in refused(app, "POST", "scenarios/99", {})


def test_a_scenario_applies_to_one_subscription_when_the_body_names_it() -> None:
    app = open_cloud()
    app.sim("POST", "scenarios/51", {**CAST, "subscription": "another"})
    assert app.send("PUT", GROUP, {"location": REGION}).status == 201
    app.sim("POST", "scenarios/51", CAST)
    assert app.send("PUT", GROUP, {"location": REGION}).status == 403


def test_a_scenario_without_values_for_its_placeholders_is_refused() -> None:
    app = open_cloud()
    assert "{joinPassword}" in refused(app, "POST", "scenarios/33", {"subscription": "s"})
    assert (app.sim("GET", "faults"), app.sim("GET", "events")) == ([], [])


def test_events_and_scenarios_survive_a_restart(tmp_path: Path) -> None:
    app = open_cloud("real", tmp_path / "journal")
    app.sim("POST", "scenarios/18", CAST)
    app.create_machine("cpc-1", app.create_network())
    before = [app.sim("GET", view) for view in ("config", "events", "faults")]
    app.cloud.journal.close()
    again = open_cloud("real", tmp_path / "journal")

    assert before[0]["agents"] == {"cpc-1": "never"}
    assert [again.sim("GET", view) for view in ("config", "faults")] == [before[0], before[2]]
    assert [each["happened"] for each in again.sim("GET", "events")] == [each["happened"] for each in before[1]]
    again.sim("DELETE", "scenarios")
    assert again.sim("GET", "config") == {}
    again.cloud.journal.close()
