"""``deskwright health``: its table and its exit codes."""

from __future__ import annotations

from typing import Any

import pytest

from cli.tests.conftest import Command, Service


def section(name: str, *codes: str, dismissed: Any = None) -> dict[str, Any]:
    messages = [{"code": code, "severity": "error", "message": "so", "subject": "s", "runbook": "x"} for code in codes]
    return {"name": name, "severity": "error" if codes else "ok", "messages": messages, "dismissed": dismissed}


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warning", 10), ("error", 20)])
def test_the_exit_code_is_the_worst_severity(service: Service, deskwright: Command, status: str, code: int) -> None:
    service.put("GET", "/tenants/contoso/health", {"status": status, "checkedDateTime": None, "sections": []})
    ended = deskwright("health", "--tenant", "contoso", "-o", "json")
    assert (ended.code, ended.json["status"]) == (code, status)


def test_each_finding_is_a_row(service: Service, deskwright: Command) -> None:
    dismissed = {"section": "queues", "until": "2026-12-01T00:00:00Z"}
    sections = [
        section("storage"),
        section("queues", "messagesWait", dismissed=dismissed),
        section("timers", "timerLate"),
    ]
    tenants = [
        {"id": "contoso", "status": "warning", "codes": ["quotaScarce"]},
        {"id": "b", "status": "ok", "codes": []},
    ]
    report = {"status": "error", "sections": sections, "tenants": tenants}
    service.put("GET", "/health/report", report)
    ended = deskwright("health", "--service", "-o", "tsv")
    assert ended.code == 20
    assert [line.split("\t")[:4] for line in ended.out.splitlines()] == [
        ["storage", "ok", "", ""],
        ["queues", "dismissed", "", ""],
        ["timers", "error", "timerLate", "s"],
        ["tenant", "warning", "quotaScarce", "contoso"],
    ]
