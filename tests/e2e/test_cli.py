"""The command line against the whole service, as people and scripts use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from deskwright.catalogue import NOUNS, Verb
from deskwright.operations import operation

from cli.tests.terminal import Terminal, opened
from local.people import offered
from local.stack import Stack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office

pytestmark = [pytest.mark.e2e, pytest.mark.embedded_only("it waits in simulated minutes")]

MULTI_SESSION_IMAGE = "microsoftwindowsdesktop_office-365_win11-24h2-avd-m365"
SCRIPT = str(Path(sys.executable).with_name("deskwright"))
OpenOffice = Callable[..., Office]


@dataclass(frozen=True)
class Shell:
    """Somebody at a command line, whose tenant is that of an office."""

    office: Office
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("DESKWRIGHT_")},
            "DESKWRIGHT_RUN": str(self.office.stack.folder),
            "DESKWRIGHT_CONFIG_DIR": str(self.folder / "settings"),
            "DESKWRIGHT_TENANT": self.office.name,
        }

    def run(self, *words: str, code: int = 0, given: str | None = None) -> str:
        """Run a command; return what it prints. It has to end with *code*."""
        done = subprocess.run(
            [SCRIPT, *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            input=given,
            check=False,
        )
        assert done.returncode == code, f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "-o", "json"))

    def at_terminal(self, *words: str) -> Terminal:
        return opened([SCRIPT, *words], self.environment, self.folder)


@pytest.fixture
def shell(stack: Stack, open_office: OpenOffice, tmp_path: Path) -> Iterator[Shell]:
    with offered(stack):
        yield Shell(open_office(), tmp_path)


def test_a_tenant_is_furnished_by_files_and_the_second_time_changes_nothing(shell: Shell) -> None:
    office = shell.office
    group = office.group("staff", office.user(1))
    connection = {"kind": "connection", "displayName": "Hosted", "site": "Main", "connectionType": "azureADJoin"}
    policy = {
        "kind": "provisioningPolicy",
        "displayName": "Office",
        "imageType": "gallery",
        "imageId": GALLERY_IMAGE,
        "connections": ["Hosted"],
        "groups": [group],
    }
    (shell.folder / "policy.yaml").write_text(yaml.safe_dump_all([policy, connection]))
    assert [each["action"] for each in shell.json("diff", "-f", "policy.yaml")] == ["create", "create"]
    shell.run("apply", "-f", "policy.yaml", "--yes")
    changed = shell.run("export", "Office").replace("description: ''", "description: Everybody")
    assert shell.run("diff", "-f", "policy.yaml", "--exit-code").split()[-1] == "unchanged"
    shell.run("apply", "-f", "-", "--yes", given=changed)
    (found,) = shell.json("policy", "list", "--query", "[].[displayName, description]")
    assert found == ["Office", "Everybody"]


@pytest.mark.long
def test_every_kind_of_thing_is_made_by_one_file_and_edited_by_it(shell: Shell) -> None:
    office = shell.office
    office.user(1)
    group = office.group("staff", office.named(1))
    image = {"kind": "deviceImage", "displayName": "Lab", "version": "1.0.0", "galleryImageId": GALLERY_IMAGE}
    documents: list[dict[str, Any]] = [
        {"kind": "provisioningPolicy", "displayName": "Lab", "image": "Lab", "connections": ["Hosted"]},
        {"kind": "spotGroup", "displayName": "Desk", "friendlyName": "Desk", "profilePath": r"\\files\profiles"}
        | {"licenseType": "pooled", "quantity": 10, "site": "main", "connection": "Hosted", "imageSet": "Shared"}
        | {"groups": [group]},
        {**image, "site": "main"},
        {"kind": "imageSet", "displayName": "Shared", "site": "main", "hostPoolType": "pooled"}
        | {"galleryImageId": MULTI_SESSION_IMAGE},
        {"kind": "connection", "displayName": "Hosted", "site": "main", "connectionType": "azureADJoin"},
        {"kind": "connection", "displayName": "Unused", "site": "main", "connectionType": "azureADJoin"},
        {"kind": "site", "id": "second", "displayName": "Second", "region": "northeurope", "resourceGroup": "second"},
    ]
    (shell.folder / "all.yaml").write_text(yaml.safe_dump_all(documents))
    shell.run("apply", "-f", "all.yaml", "--yes", code=2)  # an image is built before the policy: nobody waits for it
    assert shell.json("connection", "list") == []
    shell.run("apply", "-f", "all.yaml", "--yes", "--wait")
    (shell.folder / "whole.yaml").write_text(shell.run("export"))
    for file in ("all.yaml", "whole.yaml"):
        assert {each["action"] for each in shell.json("diff", "-f", file)} == {"unchanged"}
    edits = [
        {"kind": "connection", "displayName": "Unused", "site": "second"},
        {"kind": "imageSet", "displayName": "Shared", "recipe": {"steps": [{"name": "Fonts", "script": "Get-Date"}]}},
        {"kind": "spotGroup", "displayName": "Desk", "quantity": 20, "capacity": {"minimumOnline": 1}},
    ]
    (shell.folder / "edits.yaml").write_text(yaml.safe_dump_all(edits))
    shell.run("apply", "-f", "edits.yaml", "--yes", "--wait")
    assert {each["action"] for each in shell.json("diff", "-f", "edits.yaml")} == {"unchanged"}
    assert shell.json("spot", "show", "Desk", "--query", "[quantity, capacity.minimumOnline]") == [20, 1]


@pytest.mark.long
def test_every_command_that_reads_works(shell: Shell) -> None:
    office = shell.office
    upn = office.user(1, SMALL)
    connection = office.connection()
    office.policy("Office", connection, office.group("staff", upn))
    office.settled(upn)
    first = {
        "pc": f"[?userPrincipalName=='{upn}'].id | [0]",
        "policy": "[0].id",
        "connection": "[0].id",
    }
    ids = {kind: shell.json(kind, "list", "--query", query) for kind, query in first.items()}
    ids |= {"operation": shell.json("operation", "list", "--query", "[0].id")}
    ids |= {"audit": shell.json("audit", "list", "--query", "[0].id"), "tenant": office.name, "site": "main"}
    for noun in NOUNS:
        for verb in noun.verbs:
            words = words_of(noun.name, verb, ids, upn)
            if words is not None:
                shell.run(*words)


def words_of(noun: str, verb: Verb, ids: dict[str, str], upn: str) -> list[str] | None:
    """Return the words of a command that reads, None for another one or where there is nothing to show."""
    found = operation(verb.operation)
    if not found.reads or verb.wizard or noun in {"my", "service"}:
        return None
    words = [noun, verb.name]
    if found.parameters:
        if noun == "wizard":
            return [*words, "create-connection"]
        if found.name == "get_service_plan":
            return None
        if found.name in {"get_supported_region", "get_gallery_image"}:
            return [*words, "westeurope" if "region" in found.name else GALLERY_IMAGE]
        if noun not in ids or len(found.parameters) > 1 or found.name == "explain_desktop":
            return None
        words.append(ids[noun])
    return [*words, upn] if "user" in found.query else words


@pytest.mark.long
def test_a_user_sees_what_is_theirs_and_others_are_refused(shell: Shell) -> None:
    assert all("User 02" in each["displayName"] for each in shell.json("my", "list", "--as", "user02"))
    assert "role" in shell.run("pc", "list", "--as", "user01", code=4)
    refused = shell.run("policy", "delete", "00000000-0000-0000-0000-000000000000", "--as", "reader", "--yes", code=4)
    assert "whoami" in refused


@pytest.mark.long
def test_a_command_that_is_repeated_with_its_key_has_one_effect(shell: Shell) -> None:
    words = ("user-setting", "create", "--display-name", "Self-service", "--self-service-enabled")
    made = [shell.json(*words, "--idempotency-key", "once")["id"] for _ in range(2)]
    assert made[0] == made[1]
    assert len(shell.json("user-setting", "list")) == 1
    assert "displayName" in shell.run(*words, code=2)


@pytest.mark.long
def test_a_wizard_is_played_at_a_terminal(shell: Shell) -> None:
    shell.office.connection()
    terminal = shell.at_terminal("policy", "create", "--save-form", "form.yaml")
    terminal.until(r"Connection.*\[number.*: $")
    terminal.type("1")
    terminal.until(r"type.*\[number.*: $")
    terminal.type("gallery")
    terminal.until(r"Image.*\[number.*: $")
    terminal.type("no such image")
    terminal.until("no such choice")
    terminal.until(r"Image.*\[number.*: $")
    terminal.type(GALLERY_IMAGE)
    terminal.until("Change anything here.*: $")
    terminal.type("n")
    terminal.until(r"Group.*\[number.*: $")
    terminal.type("1")
    terminal.until("[Nn]ame.*: $")
    terminal.type("At a terminal")
    terminal.until("Description.*: $")
    terminal.type("")
    terminal.until("Save.*: $")
    terminal.type("y")
    assert terminal.end() == 0
    assert "Read the directory and plan" in terminal.shown
    assert [each["displayName"] for each in shell.json("policy", "list")] == ["At a terminal"]
    form = yaml.safe_load((shell.folder / "form.yaml").read_text())
    assert form["detail"]["displayName"] == "At a terminal"


@pytest.mark.long
@pytest.mark.parametrize("how", ["Ctrl-C", "no"])
def test_a_wizard_that_is_left_saves_nothing(shell: Shell, how: str) -> None:
    terminal = shell.at_terminal("connection", "create")
    terminal.until(r"Site.*\[number.*: $")
    if how == "Ctrl-C":
        terminal.interrupt()
    else:
        for question, answer in (
            ("", "1"),
            ("Subscription.*: $", ""),
            ("Join type .*: $", "1"),
            ("Network.*: $", "1"),
            (r"omain.*\? \[y/N\]: $", "n"),
            ("[Nn]ame.*: $", "Hosted"),
            (r"Save\? \[y/N\]: $", "n"),
        ):
            terminal.until(question)
            terminal.type(answer)
    assert terminal.end() == 130
    assert shell.json("connection", "list") == []


@pytest.mark.long
def test_ctrl_c_ends_the_waiting_and_not_the_operation(shell: Shell) -> None:
    office = shell.office
    office.connection()
    with office.stack.at_speed(1):  # the checks take some simulated minutes
        terminal = shell.at_terminal("connection", "check", "Hosted")
        terminal.until(r"\d+ %")
        terminal.interrupt()
        assert terminal.end() == 130
    told = re.search(r"deskwright (operation wait \S+) --tenant (\S+)", terminal.shown)
    assert told is not None
    assert told[2] == office.name
    assert shell.json(*told[1].split())["status"] == "succeeded"


@pytest.mark.long
def test_what_destroys_asks_at_a_terminal(shell: Shell) -> None:
    office = shell.office
    office.connection("Second")
    terminal = shell.at_terminal("connection", "delete", "Second")
    terminal.until(r"cannot be undone\. \[y/N\]: $")
    terminal.type("n")
    assert terminal.end() == 130
    assert len(shell.json("connection", "list")) == 1
    terminal = shell.at_terminal("connection", "delete", "Second")
    terminal.until(r"\[y/N\]: $")
    terminal.type("y")
    assert terminal.end() == 0
    assert shell.json("connection", "list") == []


@pytest.mark.long
def test_a_bulk_action_is_tried_then_run(shell: Shell) -> None:
    office = shell.office
    upn = office.user(1, SMALL)
    office.policy("Office", office.connection(), office.group("staff", upn))
    office.settled(upn)
    chosen = ("bulk", "create", "--action", "reboot", "--filter", json.dumps({"userPrincipalNames": [upn]}))
    assert shell.json(*chosen, "--dry-run")["possible"] == 1
    assert shell.json("bulk", "list") == []
    done = shell.json(*chosen, "--yes", "--wait")
    assert (done["status"], done["total"]) == ("succeeded", 1)
