"""The host is killed with -9 while session hosts are built and removed: none is lost, doubled, or left behind."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, Office
from tests.e2e.test_crashes import LOOK_EVERY_SECONDS, log_lines
from tests.e2e.test_session_hosts import hosts, left, pooled

pytestmark = pytest.mark.e2e

KILLS = 5
HOSTS = 3


def kill_until(stack: Stack, done: Callable[[], bool], chance: random.Random) -> int:
    """Kill the host at random moments until something is done, at most ``KILLS`` times; return how often."""
    kills = 0
    while kills < KILLS:
        until = log_lines(stack) + chance.randrange(1, 40)
        while log_lines(stack) < until:
            if done():
                return kills
            time.sleep(LOOK_EVERY_SECONDS)
        stack.host.kill()
        stack.start_host()
        kills += 1
    return kills


@pytest.mark.long
@pytest.mark.parametrize("seed", [5])
@pytest.mark.timeout(900)
def test_kills_while_hosts_are_built_and_removed_cost_and_leave_nothing(start_stack: StartStack, seed: int) -> None:
    chance, stack = random.Random(seed), start_stack(users=0, seed=seed, redeliver=4)
    office = Office(stack, stack.portal(), "kills").open()
    office.connection()
    group = pooled(office, quantity=10 * HOSTS)

    def built() -> bool:
        found = hosts(office, group)
        return len(found) == HOSTS and all(each["status"] == "ready" for each in found)

    kills = kill_until(stack, built, chance)
    office.until(built, says="all hosts are ready", look=SELDOM)
    assert kills == KILLS
    assert len(hosts(office, group)) == HOSTS
    names = {f"host-{each['id']}" for each in hosts(office, group)}
    assert {each["body"]["name"] for each in office.machines()} == names
    assert all(each["proven"] for each in hosts(office, group))

    deletion = office.portal.ask("DELETE", f"{office.graph}/spotGroups/{group}?confirm=true")
    kill_until(stack, lambda: office.portal.is_over(deletion), chance)
    assert office.finish(deletion, look=SELDOM)["result"]["left"] == []
    assert left(office) == []
    assert office.invariants() == []
