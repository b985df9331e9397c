"""Virtual Desktop answers as recorded in 2025 and 2026: statuses, error codes, members (`desktops.json`).

These recordings are in a repository that is too large to be fetched whole; they were read one by one.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.desks import DESKS, POOL, Office
from packages.azure_simulator.tests.recorded.findings import members
from packages.azure_simulator.tests.recorded.recordings import code_of

RECORDINGS = json.loads(Path(__file__).with_name("desktops.json").read_text())["recordings"]
NEWER = {"identity", "identity.type"}
"""Null in recordings of 2024, and here; an object that says None in those of 2025."""
UNDECLARED = {f"properties.{each}UDP" for each in ("managedPrivate", "direct", "public", "relay")}
"""Azure showed them in 2025-10-10, too, whose specification has them not: they are of previews."""
WITHHELD = {"properties.registrationInfo.token"}
"""A PUT of 2024 (api-version 2021-07-12) answered with null, those of 2025 with the token: a client must ask for it."""


def given() -> tuple[Office, dict[str, str]]:
    """Create the resources that the recordings expect: a host with a session and one without."""
    office = Office(1)
    idle = office.host("idle")
    office.app.request("PATCH", idle, {"properties": {"allowNewSession": False}})
    host = office.host("busy")
    office.sign_in(office.users[0])
    (session,) = office.sessions()
    tomorrow = datetime.fromtimestamp(office.app.cloud.world.now_us / 1e6, UTC) + timedelta(days=1)
    return office, {
        "{desks}": DESKS,
        "{pool}": POOL,
        "{host}": host,
        "{idleHost}": idle,
        "{session}": session["id"].rpartition("/")[2],
        "{tomorrow}": tomorrow.astimezone(timezone(timedelta(hours=8))).isoformat(),
    }


def filled(node: Any, names: dict[str, str]) -> Any:
    text = json.dumps(node)
    for name, value in names.items():
        text = text.replace(name, value)
    return json.loads(text)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda each: each["name"])
def test_it_is_answered_as_recorded(recording: dict[str, Any]) -> None:
    office, names = given()
    for exchange in filled(recording["exchanges"], names):
        mark = "&" if "?" in exchange["path"] else "?"
        path = f"{exchange['path']}{mark}api-version={recording['version']}"
        reply = office.app.send(exchange["method"], path, exchange.get("body"))
        answer = json.loads(reply.body) if reply.body else None
        assert (reply.status, code_of(answer)) == (exchange["status"], code_of(exchange.get("answer")))
        if reply.status < 400 and "answer" in exchange:
            recorded, shown = set(members(exchange["answer"])), set(members(answer))
            assert (recorded - shown - NEWER - UNDECLARED - WITHHELD, shown - recorded) == (set(), set())
