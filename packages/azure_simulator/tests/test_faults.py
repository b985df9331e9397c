"""Fault rules, in order, first match wins."""

import json
from pathlib import Path
from typing import Any

import pytest
from azure_simulator.core.faults import ACTIONS
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.in_process import VMS, InProcessCloud, open_cloud


def rule(app: InProcessCloud, kind: str, match: dict[str, Any], **do: Any) -> None:
    when = do.pop("when", {})
    app.sim("POST", "faults", {"id": kind, "match": match, "when": when, "do": {"kind": kind, **do}})


def test_http_answers_in_place_of_the_handler() -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, "http", {"op": "vm.create"}, status=503, code="ServiceUnavailable", headers={"Retry-After": 7})
    reply = app.create_machine("cpc-1", subnet)
    assert (reply.status, reply.headers["Retry-After"]) == (503, "7")
    assert app.error("GET", f"{VMS}/cpc-1")[0] == 404


@pytest.mark.parametrize(("kind", "status"), [("drop_before", 404), ("drop_after", 200)])
def test_the_connection_dies_before_or_after_the_change(kind: str, status: int) -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, kind, {"op": "vm.create"})
    assert app.create_machine("cpc-1", subnet).drop
    assert app.send("GET", f"{VMS}/cpc-1").status == status


def test_an_operation_fails_at_a_phase() -> None:
    app = open_cloud("real")
    subnet = app.create_network()
    app.advance(60)
    rule(app, "lro_fail", {"size": "standard_d*"}, code="OSProvisioningTimedOut", at_phase="allocating")
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    found = next(each for each in app.sim("GET", "operations") if each["kind"] == "vm.create")
    app.advance(3600)
    body = app.request("GET", url)
    assert (body["status"], body["error"]["code"]) == ("Failed", "OSProvisioningTimedOut")
    assert found["phase"] == "accepted"


def test_an_operation_hangs_for_ever() -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, "hang", {"op": "vm.create"})
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    app.advance(30 * 24 * 3600)
    assert app.request("GET", url)["status"] == "InProgress"


def test_a_delay_stretches_the_operation_or_holds_the_answer() -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, "delay", {"name": "cpc-1"}, add=100)
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    assert app.request("GET", url)["status"] == "InProgress"
    assert app.send("GET", f"{VMS}/cpc-1").hold_us == 100_000_000
    app.advance(101)
    assert app.request("GET", url)["status"] == "Succeeded"


def test_a_stale_read_shows_the_past() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    app.request("GET", f"{VMS}/cpc-1")
    rule(app, "stale_read", {"op": "vm.get"}, lag=20)
    state = app.request("GET", f"{VMS}/cpc-1")["properties"]["provisioningState"]
    app.advance(21)
    later = app.request("GET", f"{VMS}/cpc-1")["properties"]["provisioningState"]
    assert (state, later) == ("Creating", "Succeeded")


def test_a_token_expires_in_the_middle() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    rule(app, "token_401", {"plane": "arm"}, when={"max_hits": 1})
    assert app.error("GET", f"{VMS}/cpc-1") == (401, "ExpiredAuthenticationToken")
    assert app.send("GET", f"{VMS}/cpc-1").status == 200


def test_a_proxy_answers_html() -> None:
    app = open_cloud()
    app.create_network()
    rule(app, "malformed_body", {"op": "group.get"})
    reply = app.send("GET", VMS.partition("/providers")[0])
    assert (reply.status, reply.body[:6]) == (502, b"<html>")


def test_attempts_hits_and_times_limit_a_rule() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    rule(app, "http", {"op": "vm.get", "attempt": "2-3"}, status=500, when={"from": 0, "until": 60})
    assert [app.send("GET", f"{VMS}/cpc-1").status for _ in range(4)] == [200, 500, 500, 200]


def test_rates_are_drawn_by_path_and_attempt() -> None:
    def hits(order: list[int]) -> set[int]:
        app = open_cloud()
        app.create_network()
        app.sim("POST", "config", {"throttling": {"enabled": False}})
        rule(app, "http", {"op": "vm.get"}, status=500, when={"rate": 0.3})
        return {n for n in order if app.send("GET", f"{VMS}/cpc-{n}").status == 500}

    first = hits(list(range(200)))
    assert first == hits(list(reversed(range(200))))
    assert 35 < len(first) < 85


def test_the_first_matching_rule_wins_and_counts() -> None:
    app = open_cloud()
    app.create_network()
    rules = [
        {"id": "a", "match": {"name": "cpc-2"}, "do": {"kind": "http", "status": 501}},
        {"id": "b", "match": {"op": "vm.get"}, "do": {"kind": "http", "status": 502}},
    ]
    app.sim("POST", "faults", rules)
    assert [app.send("GET", f"{VMS}/cpc-{n}").status for n in (1, 2)] == [502, 501]
    assert {each["id"]: each["hits"] for each in app.sim("GET", "faults")} == {"a": 1, "b": 1}


def test_a_rule_comes_and_goes_in_a_period() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    rule(app, "flap", {"op": "vm.get"}, period=60, down=20, code="ServiceUnavailable")
    found = []
    for _ in range(4):
        found.append(app.send("GET", f"{VMS}/cpc-1").status)
        app.advance(30)
    assert found == [503, 200, 503, 200]


def test_a_put_reports_a_failure_but_was_performed() -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, "partial", {"op": "vm.create"}, when={"max_hits": 1}, status=500, code="InternalServerError")
    reply = app.create_machine("cpc-1", subnet)
    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert "Azure-AsyncOperation" not in reply.headers
    assert app.request("GET", f"{VMS}/cpc-1")["properties"]["provisioningState"] == "Succeeded"


def test_an_operation_reports_a_failure_but_was_performed() -> None:
    app = open_cloud()
    subnet = app.create_network()
    rule(app, "partial", {"op": "vm.create"}, code="InternalExecutionError")
    url = app.create_machine("cpc-1", subnet).headers["Azure-AsyncOperation"]
    app.advance(1)
    assert app.request("GET", url)["error"]["code"] == "InternalExecutionError"
    assert app.sim("GET", "state?type=Microsoft.Compute/virtualMachines")[0]["facts"]["power"] == "running"
    assert len(app.sim("GET", "state?type=Microsoft.Compute/disks")) == 1


def test_json_that_breaks_off() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    rule(app, "malformed_body", {"op": "vm.get"}, status=200, text='{"name": "cp')
    reply = app.send("GET", f"{VMS}/cpc-1")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (200, b'{"name": "cp', "application/json")


def test_a_rule_of_one_subscription_leaves_the_others_alone() -> None:
    app = open_cloud()
    app.create_machine("cpc-1", app.create_network())
    rule(app, "http", {"op": "vm.get", "subscription": "11111111-*"}, status=500)
    assert app.send("GET", f"{VMS}/cpc-1").status == 200
    rule(app, "http", {"op": "vm.get", "subscription": "22222222-*"}, status=500)
    assert app.send("GET", f"{VMS}/cpc-1").status == 500


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ({"do": {}}, "do.kind"),
        ({"do": {"kind": "explode"}}, "known: http"),
        ({"do": {"kind": "hang", "status": 500}}, "does not know ['status']"),
        ({"do": {"kind": "lro_fail"}}, "needs ['code']"),
        ({"do": {"kind": "delay", "add": "long"}}, "do.add"),
        ({"do": {"kind": "delay", "add": -1}}, "do.add"),
        ({"do": {"kind": "http", "status": 42}}, "status of HTTP"),
        ({"do": {"kind": "http", "code": 7}}, "do.code"),
        ({"do": {"kind": "http", "headers": []}}, "do.headers"),
        ({"do": {"kind": "partial"}}, "a status, a code or a share"),
        ({"do": {"kind": "flap", "period": 10, "down": 20}}, "do.down"),
        ({"do": {"kind": "hang"}, "match": {"colour": "red"}}, "colour"),
        ({"do": {"kind": "hang"}, "match": {"attempt": "first"}}, "match.attempt"),
        ({"do": {"kind": "hang"}, "match": {"op": 1}}, "globs"),
        ({"do": {"kind": "hang"}, "when": {"rate": 2}}, "rate"),
        ({"do": {"kind": "hang"}, "when": {"max_hits": "many"}}, "numbers"),
        ({"do": {"kind": "hang"}, "where": {}}, "where"),
        ({"do": {"kind": "hang"}, "match": []}, "objects"),
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_refused(broken: dict[str, Any], word: str) -> None:
    app = open_cloud()
    reply = app.cloud.handle(Request("POST", "/_sim/faults", "", {"host": "cloud"}, json.dumps(broken).encode()))
    assert (reply.status, reply.code) == (400, "BadRule")
    assert word in json.loads(reply.body)["error"]["message"]
    assert app.sim("GET", "faults") == []


@pytest.mark.parametrize("kind", ACTIONS)
def test_the_reference_has_every_kind(kind: str) -> None:
    assert f"`{kind}`" in (Path(__file__).parents[1] / "docs" / "reference.md").read_text("utf-8")
