"""The host is killed with -9 or frozen again and again (scenario 53): nothing is lost, done twice, or left behind."""

import random
import time
from datetime import timedelta

import pytest

from local.board import READY
from local.journey import Journey, licences
from local.stack import Stack
from tests.e2e.conftest import StartStack

SEED = 11
KILLS = 10
FREEZES = 8
LEASE = timedelta(seconds=60)
"""The time for which an instance on Azure owns its partitions without renewing them."""
ONE_IN = 4
"""One activity in so many is delivered again, five minutes after it has reported."""
RESUMED = 2
"""So many attempts fail at their last step, and the next ones go on with the machines that are there."""
LOOK_EVERY_SECONDS = 0.2


def log_lines(stack: Stack) -> int:
    return stack.host.output().count("\n")


def wait_for_lines(stack: Stack, count: int, journey: Journey, cloud_pcs: int) -> bool:
    """Wait until the host has said so much more; False if the work is done before."""
    until = log_lines(stack) + count
    while log_lines(stack) < until:
        rows = journey.cloud_pcs()
        if len(rows) >= cloud_pcs and all(row.is_settled for row in rows):
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


@pytest.mark.parametrize("users", [10, pytest.param(25, marks=pytest.mark.long)])
@pytest.mark.timeout(900)
def test_ten_kills_cost_no_cloud_pc(start_stack: StartStack, users: int) -> None:
    chance, wanted = random.Random(SEED), licences(users)
    stack = start_stack(users=users, seed=SEED, redeliver=ONE_IN)
    taken = {"kind": "http", "status": 409, "code": "AssignmentConflict", "message": "not now"}
    stack.tell_cloud("faults", {"match": {"op": "sessionHost.patch"}, "do": taken, "when": {"max_hits": RESUMED}})
    journey = Journey(stack.portal(), print)
    journey.first_day()
    kills = 0
    while kills < KILLS and wait_for_lines(stack, chance.randrange(1, 60), journey, wanted):
        stack.host.kill()
        stack.start_host()
        kills += 1
    wait_for_the_last(stack, journey, wanted)
    assert kills == KILLS
    assert "is delivered again" in stack.host.log.read_text()


def wait_for_the_last(stack: Stack, journey: Journey, cloud_pcs: int) -> None:
    """Wait until all Cloud PCs are settled; all are ready, and nothing is left behind or there twice."""
    while not (len(rows := journey.cloud_pcs()) == cloud_pcs and all(row.is_settled for row in rows)):
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)
    assert [row for row in rows if row.status not in READY] == []
    assert stack.ask_cloud("invariants") == {"clean": True, "findings": []}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_freezes_kills_and_activities_that_are_delivered_again_cost_no_cloud_pc(start_stack: StartStack) -> None:
    users, chance = 10, random.Random(SEED)
    stack = start_stack(users=users, seed=SEED, redeliver=ONE_IN)
    journey = Journey(stack.portal(), print)
    journey.first_day()
    freezes = 0
    while freezes < FREEZES and wait_for_lines(stack, chance.randrange(1, 80), journey, licences(users)):
        if freezes == FREEZES // 2:
            stack.host.kill()
            stack.start_host()
        with stack.host.frozen():
            stack.clock.advance(LEASE + timedelta(seconds=chance.randrange(60)))
        freezes += 1
    wait_for_the_last(stack, journey, licences(users))
    assert freezes == FREEZES
    assert "is delivered again" in stack.host.log.read_text()
