"""The machine's clock is set back by an hour: timers fire when they would have fired."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from host_testing.killable import KillableHost, audit, open_state
from host_testing.running import until

NewHost = Callable[..., KillableHost]
HOUR_BACK = "-3600"


@pytest.fixture
def offset(tmp_path: Path) -> Path:
    path = tmp_path / "offset"
    path.write_text("0")
    return path


def _moments(host: KillableHost, one: str) -> list[str]:
    with closing(open_state(host.db)) as db:
        rows = db.execute("SELECT body FROM history WHERE id = ? ORDER BY seq", (one,)).fetchall()
    events = [json.loads(body) for (body,) in rows]
    return [event["Timestamp"] for event in events if event["EventType"] == 12]


@pytest.mark.parametrize("restarted", [False, True], ids=["while a host runs", "while none runs"])
def test_an_hour_back_delays_and_loses_nothing(new_host: NewHost, offset: Path, *, restarted: bool) -> None:
    host = new_host(CLOCK_OFFSET=str(offset)).begin_process()
    nap = host.begin("naps", 1.0)
    ids = [host.begin("everything", None, f"back-{n}") for n in range(3)]
    until(lambda: "TimerCreated" in host.command("history", nap))
    if restarted:
        host.kill()
    offset.write_text(HOUR_BACK)
    if restarted:
        host.begin_process()
    for one in ids:
        host.manage("POST", f"/instances/{one}/raiseEvent/go", "heard")
    until(lambda: {nap, *ids} <= host.ended_instances())
    # The nap is measured by the orchestrator's own clock, which has not gone back.
    assert 0 <= host.status(nap)["output"] < 15
    for one in ids:
        assert _moments(host, one) == sorted(_moments(host, one))
    assert ("s behind the state file" in host.log.read_text()) == restarted
    host.shut_down()
    audit(host, ids)
