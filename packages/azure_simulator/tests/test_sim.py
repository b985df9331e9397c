"""`/_sim`: settings, clock, snapshots, refusals."""

import json
from typing import Any

import pytest
from azure_simulator.core.requests import Reply, Request
from azure_simulator.scenarios import load, names

from packages.azure_simulator.tests.in_process import GROUP, VMS, InProcessCloud, open_cloud


def send(app: InProcessCloud, method: str, path: str, body: Any = None) -> Reply:
    """Send a request to `/_sim` that may be refused."""
    bare, _, query = path.partition("?")
    data = b"" if body is None else json.dumps(body).encode()
    return app.cloud.handle(Request(method, f"/_sim/{bare}", query, {"host": "cloud"}, data))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("config", {"profile": "warp"}),
        ("config", [1]),
        ("config", {"quota": {}}),
        ("config", {"quotas": {"westeurope": 5}}),
        ("config", {"quotas": {"westeurope": {"cores": "many"}}}),
        ("config", {"locks": "all"}),
        ("config", {"locks": [1]}),
        ("config", {"strictPrincipals": 1}),
        ("config", {"defaultQuota": True}),
        ("config", {"latency": {"vm.create": {"dist": "normal"}}}),
        ("config", {"latency": {"vm.create": {"value": "long"}}}),
        ("config", {"latency": {"vm.create": {"value": -1}}}),
        ("clock/advance", {}),
        ("clock/advance", {"seconds": "soon"}),
        ("clock/advance", {"seconds": -1}),
        ("clock/advance", {"seconds": True}),
        ("clock/advance", {"seconds": 1e300}),
        ("clock/advance", {"until": "tomorrow"}),
        ("clock/advance", {"until": "idle", "atMostSeconds": "x"}),
        ("buckets/close", {"policy": "x"}),
        ("buckets/close", {"seconds": 1}),
        ("buckets/close", {"policy": 1, "seconds": 1}),
        ("faults", {"match": {"colour": "red"}, "do": {"kind": "hang"}}),
        ("faults", {"match": {}}),
        ("seed", {"nobody": []}),
        ("seed", []),
        ("reset", {"begin": "yes"}),
        ("reset", [1]),
        ("snapshot", {}),
        ("snapshot", {"name": 1}),
        ("restore", {"name": "never made"}),
        ("scenarios/no-such-day", {}),
    ],
)
def test_nonsense_is_refused_with_a_reason(path: str, body: Any) -> None:
    reply = send(open_cloud(), "POST", path, body)
    assert reply.status in {400, 404}
    assert json.loads(reply.body)["error"]["message"]


@pytest.mark.parametrize("path", ["requests?since=x", "requests?limit=-1", "operations?limit=all", "state?view=none"])
def test_a_question_that_makes_no_sense_is_refused(path: str) -> None:
    assert send(open_cloud(), "GET", path).status in {400, 404}


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    app = open_cloud()
    reply = send(app, "PATCH", "config", {"quota": {}})
    message = json.loads(reply.body)["error"]["message"]
    assert reply.status == 400
    assert all(name in message for name in app.sim("GET", "settings"))


def test_every_scenario_uses_settings_that_exist() -> None:
    app = open_cloud()
    for name in names():
        app.sim("PATCH", "config", load(name).get("config", {}))


def test_settings_merge_and_null_removes() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"quotas": {"*": {"cores": 10}}, "agents": {"a": "never"}})
    app.sim("PATCH", "config", {"quotas": {"*": {"standardDSv5Family": 4}}, "agents": None})
    assert app.sim("GET", "config") == {"quotas": {"*": {"cores": 10, "standardDSv5Family": 4}}}


def test_a_seed_that_is_refused_has_changed_nothing() -> None:
    app = open_cloud()
    app.create_network()
    principals = [{"id": "p", "name": "changed"}]
    assert send(app, "POST", "seed", {"principals": principals, "faults": [{"match": {}}]}).status == 400
    assert "changed" not in {each.name for each in app.cloud.world.principals.all()}
    assert app.send("GET", GROUP).status == 200


def test_advancing_performs_what_is_due() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"latency": {"vm.create": {"value": 100}}})
    app.create_machine("cpc-1", subnet)
    assert app.sim("GET", "state")["nextEvent"]
    app.sim("POST", "clock/advance", {"seconds": 101})
    assert app.sim("GET", "operations?status=inprogress") == []


def test_advancing_until_idle_goes_just_as_far_as_something_happens() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    for name in ("cpc-1", "cpc-2"):
        app.create_machine(name, subnet)
    last_due = max(each["due"] for each in app.sim("GET", "operations"))
    moved = app.sim("POST", "clock/advance", {"until": "idle"})
    assert (moved["idle"], moved["nextEvent"], moved["now"]) == (True, None, last_due)
    assert {each["status"] for each in app.sim("GET", "operations")} == {"Succeeded"}


def test_advancing_until_idle_stops_at_its_limit() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.sim("POST", "config", {"latency": {"vm.create": {"value": 100}}})
    app.create_machine("cpc-1", subnet)
    before = app.cloud.world.now_us
    moved = app.sim("POST", "clock/advance", {"until": "idle", "atMostSeconds": 40})
    assert (moved["idle"], app.cloud.world.now_us - before) == (False, 40_000_000)


def test_requests_are_found_by_operation_and_principal() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.send("GET", f"{VMS}/cpc-1", caller="somebody")
    found = app.sim("GET", "requests?op=vm.*&principal=*")
    assert [(each["op"], each["status"]) for each in found] == [("vm.create", 201), ("vm.get", 200)]
    assert found[0]["operation"]
    later = app.sim("GET", f"requests?since={found[0]['seq']}")
    assert [each["op"] for each in later] == ["vm.get"]


def test_retries_of_one_call_are_counted_by_its_request_id() -> None:
    app = open_cloud()
    app.create_network()
    app.sim("POST", "faults", {"id": "f", "match": {"op": "group.get"}, "do": {"kind": "http", "status": 500}})
    for _ in range(2):
        app.send("GET", GROUP, **{"x-ms-client-request-id": "call-1"})
    app.send("GET", GROUP, **{"x-ms-client-request-id": "call-2"})
    found = app.sim("GET", "requests?fault=f")
    assert [(each["clientRequestId"], each["attempt"]) for each in found] == [
        ("call-1", 1),
        ("call-1", 2),
        ("call-2", 1),
    ]
    assert app.sim("GET", "stats")["byFault"] == {"f": 3}


def test_who_was_refused_for_which_operation_is_logged() -> None:
    app = open_cloud()
    app.sim("POST", "config", {"strictPrincipals": True})
    assert app.send("GET", GROUP, caller="other").status == 403
    found = app.sim("GET", "requests?status=403")
    assert [(each["op"], each["principal"] != "?") for each in found] == [("group.get", True)]


def test_stats_count_by_bucket_and_polls_by_operation() -> None:
    app = open_cloud("real")
    url = app.create_machine("cpc-1", app.create_network()).headers["Azure-AsyncOperation"]
    for _ in range(3):
        app.request("GET", url)
    stats = app.sim("GET", "stats")
    assert stats["pollsByOperation"]["vm.create"] == {"operations": 1, "polls": 3, "early": 3, "most": 3}
    assert stats["byBucket"]["GetOperation"]["requests"] == 3


def test_state_lists_resources_with_their_hidden_facts() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    found = app.sim("GET", "state?type=microsoft.compute/virtualmachines&filter=cpc-*")
    assert found[0]["facts"]["password"].startswith("hashed:")
    assert app.sim("GET", "state?type=Microsoft.Compute/virtualMachines&filter=other") == []


def test_a_reset_keeps_the_first_data_only() -> None:
    app = open_cloud()
    app.create_network()
    app.sim("POST", "reset", {})
    assert app.send("GET", GROUP).status == 404
    assert app.sim("GET", "stats")["requests"] == 1


def test_a_snapshot_brings_back_world_clock_faults_and_settings() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    app.sim("POST", "faults", {"id": "f", "match": {}, "do": {"kind": "delay", "add": 1}})
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    app.sim("POST", "snapshot", {"name": "ordered"})
    then = app.sim("GET", "state")
    app.sim("POST", "clock/advance", {"until": "idle"})
    app.sim("DELETE", "faults")
    app.sim("PATCH", "config", {"defaultQuota": 0})
    app.send("DELETE", f"{VMS}/cpc-1")
    assert app.sim("POST", "restore", {"name": "ordered"})["now"] == then["now"]
    assert app.sim("GET", "state") == then
    assert app.request("GET", url)["status"] == "InProgress"
    assert [each["id"] for each in app.sim("GET", "faults")] == ["f"]
    assert app.sim("GET", "config") == {}


def test_a_snapshot_can_be_restored_from_another_branch() -> None:
    app = open_cloud()
    for name in ("one", "two"):
        app.request("PUT", f"{GROUP}-{name}", {"location": "westeurope"})
        app.sim("POST", "snapshot", {"name": name})
    app.sim("POST", "restore", {"name": "one"})
    assert app.send("GET", f"{GROUP}-two").status == 404
    app.sim("POST", "restore", {"name": "two"})
    assert app.send("GET", f"{GROUP}-two").status == 200
    assert set(app.sim("GET", "snapshots")) == {"one", "two"}


def test_the_index_describes_every_request() -> None:
    listed = open_cloud().sim("GET", "")["operations"]
    assert [each for each in listed if " " not in each["about"]] == []
