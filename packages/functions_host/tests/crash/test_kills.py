"""A host that is killed at any moment loses nothing and completes nothing twice (host.md 6.3, 6.4)."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from packages.functions_host.tests.conftest import until
from packages.functions_host.tests.crash.mortal import Mortal, audit

Conceive = Callable[..., Mortal]
KILLS = int(os.environ.get("DESKWRIGHT_KILLS", "30"))
# One instance alone takes some 180 statements: beyond that, kills are at random moments.
STATEMENTS = min(KILLS // 2, 200)
RANDOM = KILLS - STATEMENTS
SEED = int(os.environ.get("DESKWRIGHT_KILL_SEED", "20261121"))
_AT_ONCE = 6


def _begin(host: Mortal, one: str) -> bool:
    """Start an instance, unless it is there, and send it its event; True once both are accepted."""
    if one not in host.known() and host.tried("POST", f"/orchestrators/everything/{one}") != 202:
        return False
    return one in host.ended_ones() or host.tried("POST", f"/instances/{one}/raiseEvent/go", "heard") in {202, 410}


def test_kills_at_random_moments(conceive: Conceive) -> None:
    dice, host = random.Random(SEED), conceive()
    ids: list[str] = []
    accepted: set[str] = set()

    def begin() -> bool:
        accepted.update([one for one in ids if one not in accepted and _begin(host, one)])
        return accepted == set(ids)

    for n in range(RANDOM):
        host.live()
        if len(set(ids) - host.ended_ones()) < _AT_ONCE:
            ids += [f"{n}-a", f"{n}-b"]
        begin()
        time.sleep(dice.uniform(0.0, 0.15))
        host.kill()
    host.live()
    until(begin)
    until(lambda: set(ids) <= host.ended_ones(), 60)
    host.leave()
    assert host.deaths == RANDOM
    audit(host, ids)


def _points(conceive: Conceive, tmp_path: Path) -> list[str]:
    """Let one instance go to its end; return the statements of the writer, in order."""
    host, points = conceive("counting"), tmp_path / "points"
    host.live(points=points)
    assert _begin(host, "one")
    until(lambda: "one" in host.ended_ones())
    host.leave()
    return points.read_text().splitlines()


def _firsts(points: list[str]) -> list[int]:
    """Choose one point of each kind of statement; all of them where many kills are asked for."""
    if len(points) <= STATEMENTS:
        return list(range(1, len(points) + 1))
    kinds = {statement.split(" VALUES")[0].split(" IN ")[0]: n for n, statement in reversed(list(enumerate(points, 1)))}
    return sorted(kinds.values())


def _to_the_end(host: Mortal, die_at: int) -> None:
    """Live until the instance has ended, once more where the host has died."""
    host.live(die_at=die_at)
    until(lambda: host.is_dead() or _begin(host, "one"))
    until(lambda: host.is_dead() or "one" in host.ended_ones())
    if host.is_dead():
        host.bury()
        host.live()
        until(lambda: _begin(host, "one"))
        until(lambda: "one" in host.ended_ones())


def test_kills_at_every_statement_of_the_commits(conceive: Conceive, tmp_path: Path) -> None:
    deaths = 0
    chosen = _firsts(_points(conceive, tmp_path))
    for die_at in chosen:
        host = conceive(str(die_at))
        _to_the_end(host, die_at)
        host.leave()
        audit(host, ["one"])
        deaths += host.deaths
    # The last points may fall away: what comes together is committed together.
    assert deaths >= 0.9 * len(chosen)
