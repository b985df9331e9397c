"""The app with waits of seconds, on real time as Microsoft's host has it: a Cloud PC is ready in a minute or two."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e import hurried
from tests.e2e.conftest import HOST, StartStack
from tests.e2e.office import SMALL, Office

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(1_200),
    pytest.mark.skipif(HOST != "embedded", reason="every test runs so there"),
]
_LONGEST_S = 900.0


def test_a_cloud_pc_is_ready_in_minutes_of_real_time(start_stack: StartStack, tmp_path: Path) -> None:
    app = hurried.app_in(tmp_path / "app")
    written = {path.name: path.stat().st_mtime_ns for path in app.iterdir()}
    stack = start_stack(speed=1.0, profile="fast", app=app, settings=hurried.settings())
    office = Office(stack, stack.portal(), "hurry").open()
    user = office.user(1, SMALL)
    office.policy("Desks", connection_of(office), office.group("Everybody", user))
    began = time.monotonic()
    while not (found := office.cloud_pcs_of(user)) or found[0]["status"] not in {"provisioned", "failed"}:
        assert time.monotonic() - began < _LONGEST_S, found
        time.sleep(1.0)
    assert [each["status"] for each in found] == ["provisioned"]
    assert {path.name: path.stat().st_mtime_ns for path in app.iterdir() if path.name in written} == written


def connection_of(office: Office) -> str:
    """Save a connection and wait for its checks in real time; return its id."""
    form = {
        "site": {"siteId": "main"},
        "credentials": {"joinType": "azureADJoin", "network": "hosted"},
        "name": {"displayName": "Hosted"},
    }
    saved = office.portal.ask("POST", f"{office.base}/wizards/create-connection", form)
    return str(office.portal.finish(saved)["resourceId"])
