"""The command line in a terminal of its own: its questions, its progress, and Ctrl-C at each of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.tests.conftest import Service
from cli.tests.terminal import Terminal, opened

PC = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
BASE = "/tenants/contoso"
GRAPH = f"{BASE}/beta/deviceManagement/virtualEndpoint"
WIZARD = f"{BASE}/wizards/create-connection"
EDIT = f"{BASE}/wizards/edit-connection"
OPERATION = {"id": "7", "kind": "checkConnection", "status": "running", "percentComplete": 40}
STEPS = [{"name": "a", "title": "Look", "startedAt": "1", "endedAt": "2", "outcome": "passed"}]
REVIEW: dict[str, Any] = {"valid": True, "warnings": [{"message": "beware"}], "steps": [{"name": "x", "errors": []}]}

Open = Callable[..., Terminal]


@pytest.fixture
def at_terminal(service: Service, tmp_path: Path) -> Open:
    """Run a command at a terminal, against the service."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("DESKWRIGHT_", "NO_COLOR"))}
    settings = {"ADDRESS": service.address, "TOKEN": "a-token", "TENANT": "contoso", "CONFIG_DIR": str(tmp_path / "s")}

    def run(*words: str, kind: str = "xterm", **more: str) -> Terminal:
        said = {f"DESKWRIGHT_{name}": value for name, value in settings.items()}
        return opened([sys.executable, "-m", "deskwright", *words], {**known, **said, **more}, tmp_path, kind=kind)

    return run


def step(name: str, properties: dict[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required}
    told = {"choices": {}, "choicesCut": {}, "choicesErrors": {}, "values": {}, "hint": ""}
    return {"name": name, "title": name.title(), "schema": schema, **told, **more}


def wizard(service: Service, *steps: dict[str, Any]) -> None:
    service.put("GET", WIZARD, {"title": "Create Connection", "steps": list(steps)})
    service.put("POST", f"{WIZARD}/review", REVIEW)
    service.put("POST", WIZARD, {"id": "7", "displayName": "made"}, 201)


def steps_of_every_kind() -> list[dict[str, Any]]:
    text = {"type": "string"}
    sites = [{"value": "ams", "title": "Amsterdam", "recommended": True}, {"value": "dub", "title": "Dublin"}]
    host = {"type": "object", "properties": {"name": text}, "required": ["name"]}
    return [
        step(
            "place",
            {"site": text, "zones": {"type": "array", "items": text}},
            ["site"],
            choices={"site": sites, "zones": [{"value": "1", "title": "One"}, {"value": "2", "title": "Two"}]},
        ),
        step(
            "detail",
            {
                "name": text,
                "count": {"type": "integer"},
                "fast": {"type": "boolean"},
                "password": {"type": "string", "writeOnly": True},
                "tags": {"type": "array", "items": text},
                "hosts": {"type": "array", "items": host},
            },
            ["name", "count", "password"],
        ),
        step("extra", {"note": text}, []),
    ]


ANSWERS = (
    (r"Name: $", "Hosted"),
    (r"Count: $", "many"),
    (r"whole number.\s+Count: $", "3"),
    (r"Fast \[y/N\]: $", "y"),
    (r"Password: $", "secret-1"),
    (r"Tags .*: $", "a, b"),
    (r"Fill in Hosts\? \[y/N\]: $", "y"),
    (r"Name: $", "first"),
    (r"One more of Hosts\? \[y/N\]: $", "y"),
    (r"Name: $", "second"),
    (r"One more of Hosts\? \[y/N\]: $", ""),
    (r"Change anything here\? \[y/N\]: $", "n"),
    (r"Warning: beware\s+Save\? \[y/N\]: $", "y"),
)


def test_every_kind_of_question_is_asked_and_answered(service: Service, at_terminal: Open) -> None:
    wizard(service, *steps_of_every_kind())
    terminal = at_terminal("connection", "create")
    assert "(recommended)" in terminal.until(r"Site \[number\]: $")
    terminal.type("nowhere")
    terminal.until("There is no such choice")
    terminal.until(r"Site \[number\]: $")
    terminal.type("dublin")
    terminal.until(r"Zones \[number, several: separated by commas\]: $")
    terminal.type("1, two")
    for question, answer in ANSWERS:
        terminal.until(question)
        terminal.type(answer)
    assert terminal.end() == 0, terminal.shown
    assert "secret-1" not in terminal.shown
    (saved,) = service.requests("POST", WIZARD)
    assert saved.body == {
        "place": {"site": "dub", "zones": ["1", "2"]},
        "detail": {
            "name": "Hosted",
            "count": 3,
            "fast": True,
            "password": "secret-1",
            "tags": ["a", "b"],
            "hosts": [{"name": "first"}, {"name": "second"}],
        },
    }


def test_choices_that_are_too_many_are_searched(service: Service, at_terminal: Open) -> None:
    properties = {"group": {"type": "string"}}
    first = step("groups", properties, ["group"], choicesCut={"group": "more than 2"}, choices={"group": []})
    found = step("groups", properties, ["group"], choices={"group": [{"value": "g1", "title": "Staff"}]})
    wizard(service, first)
    service.put("GET", f"{WIZARD}?search=sta", {"title": "Create Connection", "steps": [found]})
    terminal = at_terminal("connection", "create")
    terminal.until(r"\?text searches\]: $")
    terminal.type("?sta")
    assert "1. Staff" in terminal.until(r"\?text searches\]: $")
    terminal.type("1")
    terminal.until(r"Save\? \[y/N\]: $")
    terminal.type("y")
    assert terminal.end() == 0
    assert service.requests("POST", WIZARD)[0].body == {"groups": {"group": "g1"}}


def test_what_the_service_finds_wrong_is_asked_again(service: Service, at_terminal: Open) -> None:
    wizard(service, step("name", {"displayName": {"type": "string"}}, ["displayName"]))
    wrong = {"name": "name", "errors": [{"pointer": "/name/displayName", "message": "is taken"}]}
    service.answers[f"POST /api{WIZARD}/review"].insert(0, (200, {**REVIEW, "valid": False, "steps": [wrong]}, {}))
    terminal = at_terminal("connection", "create")
    terminal.until("Display name: $")
    terminal.type("Taken")
    terminal.until(r"is taken\s+Answer again.*\s+Display name \[Taken\]: $")
    terminal.type("Free")
    terminal.until(r"Save\? \[y/N\]: $")
    terminal.type("n")
    assert terminal.end() == 130
    assert service.requests("POST", WIZARD) == []


def test_of_a_thing_that_was_named_nothing_is_asked_again(service: Service, at_terminal: Open) -> None:
    steps = [
        step("connection", {"connectionId": {"type": "string"}}, ["connectionId"]),
        step("name", {"displayName": {"type": "string"}}, ["displayName"], values={"displayName": "Old"}),
    ]
    service.put("GET", EDIT, {"title": "Edit Connection", "steps": steps})
    service.put("POST", f"{EDIT}/review", REVIEW)
    service.put("POST", EDIT, {"id": PC})
    terminal = at_terminal("connection", "edit", PC)
    terminal.until(r"Display name \[Old\]: $")
    terminal.type("New")
    terminal.until(r"Save\? \[y/N\]: $")
    terminal.type("y")
    assert terminal.end() == 0
    assert service.requests("POST", EDIT)[0].body == {
        "connection": {"connectionId": PC},
        "name": {"displayName": "New"},
    }


QUESTIONS = {
    "what destroys": (("policy", "delete", PC), r"\[y/N\]: $"),
    "a password": (("connection", "set-password", PC), r"adDomainPassword: $"),
    "a wizard": (("connection", "create"), r"Display name: $"),
    "a password of a file": (("apply", "-f", "file.yaml"), r"connection Hybrid: adDomainPassword: $"),
}


@pytest.mark.parametrize("how", ["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("case", QUESTIONS)
def test_whoever_leaves_a_question_has_changed_nothing(
    service: Service, at_terminal: Open, tmp_path: Path, case: str, how: str
) -> None:
    wizard(service, step("name", {"displayName": {"type": "string"}}, ["displayName"]))
    for name in ("onPremisesConnections", "sites"):
        service.put("GET", f"{GRAPH if name != 'sites' else BASE}/{name}", {"value": []})
    (tmp_path / "file.yaml").write_text("{kind: connection, displayName: Hybrid, connectionType: hybridAzureADJoin}")
    words, question = QUESTIONS[case]
    terminal = at_terminal(*words)
    terminal.until(question)
    if how == "Ctrl-C":
        terminal.interrupt()
    else:
        terminal.hang_up()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown
    assert "nothing more was done" in terminal.shown
    assert [each.path for each in service.asked if each.method != "GET"] == []


def begins(service: Service, *states: dict[str, Any]) -> tuple[str, ...]:
    """Let a check of a connection begin an operation that has these states."""
    where = {"Operation_Location": f"/api{BASE}/operations/7"}
    service.put("POST", f"{GRAPH}/onPremisesConnections/{PC}/runHealthChecks", status=204, **where)
    for state in states:
        service.put("GET", f"{BASE}/operations/7", {**OPERATION, **state})
    return ("connection", "check", PC)


def test_progress_is_one_line_that_changes_and_steps_stay(service: Service, at_terminal: Open) -> None:
    words = begins(service, {}, {"steps": STEPS}, {"steps": STEPS, "status": "succeeded", "percentComplete": 100})
    terminal = at_terminal(*words, "-o", "none")
    terminal.until(r"\r  checkConnection: 40 %")
    terminal.until(r"\r  Look: passed\r\n")
    assert terminal.end() == 0
    assert terminal.shown.count("Look: passed") == 1
    assert terminal.shown.endswith("\r")


def test_ctrl_c_at_the_progress_says_how_to_go_on(service: Service, at_terminal: Open) -> None:
    terminal = at_terminal(*begins(service, {}))
    terminal.until("40 %")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "deskwright operation wait 7 --tenant contoso waits again" in terminal.shown
    assert "Traceback" not in terminal.shown


def test_ctrl_c_at_a_service_that_does_not_answer_ends_the_command(service: Service, at_terminal: Open) -> None:
    service.put("GET", f"{BASE}/sites", {"value": []}, 503, Retry_After="30")
    terminal = at_terminal("site", "list")
    service.until_asked("GET", f"{BASE}/sites")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(
    ("more", "shown"), [({}, "\x1b[31mfailed"), ({"NO_COLOR": "1"}, "  failed"), ({"kind": "dumb"}, "  failed")]
)
def test_a_table_has_colours_where_they_are_wanted(
    service: Service, at_terminal: Open, more: dict[str, str], shown: str
) -> None:
    service.put("GET", f"{GRAPH}/cloudPCs", {"value": [{"id": PC, "userPrincipalName": "ada", "status": "failed"}]})
    terminal = at_terminal("pc", "list", **more)
    assert terminal.end() == 0
    assert shown in terminal.shown


def test_a_watched_list_is_drawn_again_in_its_place_until_ctrl_c(service: Service, at_terminal: Open) -> None:
    for status in ("provisioning", "provisioned"):
        pcs = {"value": [{"id": PC, "userPrincipalName": "ada", "status": status}]}
        service.put("GET", f"{GRAPH}/cloudPCs", pcs)
    terminal = at_terminal("pc", "list", "--watch")
    terminal.until("provisioning")
    terminal.until(r"Ctrl-C ends it")
    terminal.until(r"\x1b\[2J")
    terminal.until("provisioned")
    terminal.interrupt()
    assert terminal.end() == 130
    assert "Traceback" not in terminal.shown


def test_a_watched_thing_is_drawn_again(service: Service, at_terminal: Open) -> None:
    for status in ("provisioning", "provisioned"):
        service.put("GET", f"{GRAPH}/cloudPCs/{PC}", {"id": PC, "status": status})
    terminal = at_terminal("pc", "show", PC, "--watch")
    terminal.until("provisioning")
    terminal.until("provisioned")
    terminal.interrupt()
    assert terminal.end() == 130


def test_enter_takes_the_choice_whose_name_is_shown(service: Service, at_terminal: Open) -> None:
    text = {"type": "string"}
    fields = {"policyId": text, "groupIds": {"type": "array", "items": text}}
    offered = [{"value": PC, "title": "Berlin, hosted"}, {"value": "g2", "title": "Ada's team"}]
    values = {"policyId": PC, "groupIds": [PC, "g2"]}
    wizard(service, step("place", fields, [*fields], choices=dict.fromkeys(fields, offered), values=values))
    terminal = at_terminal("connection", "create")
    terminal.until(r"Policy id \[number\] \[Berlin, hosted\]: $")
    terminal.type("")
    terminal.until(r"Group ids .* \[Berlin, hosted, Ada's team\]: $")
    terminal.type("")
    terminal.until("Save")
    terminal.type("y")
    assert terminal.end() == 0, terminal.shown
    (saved,) = service.requests("POST", WIZARD)
    assert saved.body == {"place": {"policyId": PC, "groupIds": [PC, "g2"]}}
