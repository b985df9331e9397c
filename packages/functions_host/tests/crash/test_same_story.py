"""The same happens at the same simulated moments, however fast the time runs and whatever the machine does."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from simulation_base.clock import FileClock

from packages.functions_host.tests.conftest import until
from packages.functions_host.tests.crash.mortal import Mortal, look

Conceive = Callable[..., Mortal]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
INSTANCES = 40
BRACKETS = {12, 13}
Story = dict[str, list[tuple[str, int]]]


def _story(conceive: Conceive, folder: Path, speed: float) -> Story:
    """Run the same instances at a speed; tell when each of their events happened.

    Not told: the beginnings and ends of turns. What ends at one moment may share a turn, or not.
    """
    clock = FileClock.create(folder / f"clock-{speed:g}", NOON, 0.0)
    host = conceive(f"at-{speed:g}", DESKWRIGHT_CLOCK_FILE=str(clock.path)).live()
    ids = [host.begin("wanders", n, f"w{n:02}") for n in range(INSTANCES)]
    clock.set_speed(speed)
    until(lambda: set(ids) <= host.ended_ones(), 60)
    host.leave()
    with closing(look(host.db)) as db:
        rows = db.execute("SELECT id, body FROM history ORDER BY id, seq").fetchall()
    events = [(one, json.loads(body)) for one, body in rows]
    return {
        one: sorted(
            (e["Timestamp"], e["EventType"]) for of, e in events if of == one and e["EventType"] not in BRACKETS
        )
        for one in {one for one, _ in events}
    }


def test_every_event_of_every_instance_comes_at_the_same_moment_at_any_speed(
    conceive: Conceive, tmp_path: Path
) -> None:
    slow, fast = (_story(conceive, tmp_path, speed) for speed in (10_000.0, 10_000_000.0))
    assert {one: (slow.get(one), fast[one]) for one in fast if fast[one] != slow.get(one)} == {}
    assert len(slow) == len(fast) > INSTANCES
