"""`/_sim`: settings, clock, what it refuses."""

import json
from typing import Any

import pytest

from local.cloud.core.requests import Request
from tests.cloud.asking import GROUP, VMS, asking


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("config", {"profile": "warp"}),
        ("config", [1]),
        ("clock/advance", {}),
        ("clock/advance", {"seconds": "soon"}),
        ("buckets/close", {"policy": "x"}),
        ("faults", {"match": {"colour": "red"}, "do": {"kind": "hang"}}),
        ("faults", {"match": {}}),
        ("seed", {"nobody": []}),
        ("scenarios/no-such-day", {}),
    ],
)
def test_nonsense_is_refused_with_a_reason(path: str, body: Any) -> None:
    app = asking()
    reply = app.cloud.handle(Request("POST", f"/_sim/{path}", "", {"host": "cloud"}, json.dumps(body).encode()))
    assert reply.status in {400, 404}
    assert json.loads(reply.body)["error"]["message"]


def test_settings_merge_and_null_removes() -> None:
    app = asking()
    app.sim("POST", "config", {"quotas": {"*": {"cores": 10}}, "agents": {"a": "never"}})
    app.sim("POST", "config", {"quotas": {"*": {"standardDSv5Family": 4}}, "agents": None})
    assert app.sim("GET", "config") == {"quotas": {"*": {"cores": 10, "standardDSv5Family": 4}}}


def test_advancing_performs_what_is_due() -> None:
    app = asking()
    subnet = app.lay()
    app.sim("POST", "config", {"latency": {"vm.create": {"value": 100}}})
    app.order("cpc-1", subnet)
    assert app.sim("GET", "state")["nextEvent"]
    app.sim("POST", "clock/advance", {"seconds": 101})
    assert app.sim("GET", "operations?status=inprogress") == []


def test_requests_are_found_by_operation_and_principal() -> None:
    app = asking()
    app.order("cpc-1", app.lay())
    app.send("GET", f"{VMS}/cpc-1", who="somebody")
    found = app.sim("GET", "requests?op=vm.*&principal=*")
    assert [(each["op"], each["status"]) for each in found] == [("vm.create", 201), ("vm.get", 200)]
    assert found[0]["operation"]
    later = app.sim("GET", f"requests?since={found[0]['seq']}")
    assert [each["op"] for each in later] == ["vm.get"]


def test_state_lists_resources_with_their_hidden_facts() -> None:
    app = asking()
    app.order("cpc-1", app.lay())
    found = app.sim("GET", "state?type=microsoft.compute/virtualmachines&filter=cpc-*")
    assert found[0]["facts"]["password"].startswith("sealed:")
    assert app.sim("GET", "state?type=Microsoft.Compute/virtualMachines&filter=other") == []


def test_a_reset_keeps_the_first_data_only() -> None:
    app = asking()
    app.lay()
    app.sim("POST", "reset", {})
    assert app.send("GET", GROUP).status == 404
    assert app.sim("GET", "stats")["requests"] == 1
