"""Events happen at the same simulated moments, however fast the time runs and whatever the machine does."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from host_testing.killable import KillableHost, open_state
from host_testing.running import until
from simulation_base.clock import FileClock

NewHost = Callable[..., KillableHost]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
INSTANCES = 40
BRACKETS = {12, 13}
Moments = dict[str, list[tuple[str, int]]]


def _moments(new_host: NewHost, folder: Path, speed: float) -> Moments:
    """Run the same instances at a speed; return when each of their events happened.

    Without the beginnings and ends of turns: the machine decides which events of one moment share a turn.
    """
    clock = FileClock.create(folder / f"clock-{speed:g}", NOON, 0.0)
    host = new_host(f"at-{speed:g}", FUNCTIONS_HOST_CLOCK=str(clock.path)).begin_process()
    ids = [host.begin("wanders", n, f"w{n:02}") for n in range(INSTANCES)]
    clock.set_speed(speed)
    until(lambda: set(ids) <= host.ended_instances(), 60)
    host.shut_down()
    with closing(open_state(host.db)) as db:
        rows = db.execute("SELECT id, body FROM history ORDER BY id, seq").fetchall()
    events = [(one, json.loads(body)) for one, body in rows]
    return {
        one: sorted(
            (e["Timestamp"], e["EventType"]) for of, e in events if of == one and e["EventType"] not in BRACKETS
        )
        for one in {one for one, _ in events}
    }


def test_every_event_of_every_instance_comes_at_the_same_moment_at_any_speed(new_host: NewHost, tmp_path: Path) -> None:
    slow, fast = (_moments(new_host, tmp_path, speed) for speed in (10_000.0, 10_000_000.0))
    assert {one: (slow.get(one), fast[one]) for one in fast if fast[one] != slow.get(one)} == {}
    assert len(slow) == len(fast) > INSTANCES
