"""A host that is killed at any moment loses nothing and completes nothing twice (docs/notes.md 6.3)."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from host_testing.killable import KillableHost, audit
from host_testing.running import until

NewHost = Callable[..., KillableHost]
KILLS = int(os.environ.get("FUNCTIONS_HOST_KILLS", "30"))
# One instance alone takes some 180 statements: beyond that, kills are at random moments.
STATEMENTS = min(KILLS // 2, 200)
RANDOM = KILLS - STATEMENTS
SEED = int(os.environ.get("FUNCTIONS_HOST_KILL_SEED", "20261121"))
_AT_ONCE = 6


def _begin(host: KillableHost, one: str) -> bool:
    """Start an instance, unless it is there, and send it its event; return whether both were accepted."""
    if one not in host.statuses() and host.try_manage("POST", f"/orchestrators/everything/{one}") != 202:
        return False
    return one in host.ended_instances() or host.try_manage("POST", f"/instances/{one}/raiseEvent/go", "heard") in {
        202,
        410,
    }


def test_kills_at_random_moments(new_host: NewHost) -> None:
    dice, host = random.Random(SEED), new_host()
    ids: list[str] = []
    accepted: set[str] = set()

    def begin() -> bool:
        accepted.update([one for one in ids if one not in accepted and _begin(host, one)])
        return accepted == set(ids)

    for n in range(RANDOM):
        host.begin_process()
        if len(set(ids) - host.ended_instances()) < _AT_ONCE:
            ids += [f"{n}-a", f"{n}-b"]
        begin()
        time.sleep(dice.uniform(0.0, 0.15))
        host.kill()
    host.begin_process()
    until(begin)
    until(lambda: set(ids) <= host.ended_instances(), 60)
    host.shut_down()
    assert host.deaths == RANDOM
    audit(host, ids)


def _points(new_host: NewHost, tmp_path: Path) -> list[str]:
    """Run one instance to its end; return the statements of the writer, in order."""
    host, points = new_host("counting"), tmp_path / "points"
    host.begin_process(points=points)
    assert _begin(host, "one")
    until(lambda: "one" in host.ended_instances())
    host.shut_down()
    return points.read_text().splitlines()


def _firsts(points: list[str]) -> list[int]:
    """Choose one point of each kind of statement, or all of them if there are enough kills."""
    if len(points) <= STATEMENTS:
        return list(range(1, len(points) + 1))
    kinds = {statement.split(" VALUES")[0].split(" IN ")[0]: n for n, statement in reversed(list(enumerate(points, 1)))}
    return sorted(kinds.values())


def _run_with_kill(host: KillableHost, die_at: int) -> None:
    """Run until the instance has ended, with a second host if the first was killed."""
    host.begin_process(die_at=die_at)
    until(lambda: host.is_dead() or _begin(host, "one"))
    until(lambda: host.is_dead() or "one" in host.ended_instances())
    if host.is_dead():
        host.wait_for_death()
        host.begin_process()
        until(lambda: _begin(host, "one"))
        until(lambda: "one" in host.ended_instances())


def test_kills_at_every_statement_of_the_commits(new_host: NewHost, tmp_path: Path) -> None:
    deaths = 0
    chosen = _firsts(_points(new_host, tmp_path))
    for die_at in chosen:
        host = new_host(str(die_at))
        _run_with_kill(host, die_at)
        host.shut_down()
        audit(host, ["one"])
        deaths += host.deaths
    # The last points may not be reached: concurrent writes share a commit.
    assert deaths >= 0.9 * len(chosen)
