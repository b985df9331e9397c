"""The host is killed with -9 again and again (scenario 53): nothing is lost, done twice, or left behind."""

import random
import time

import pytest

from local.board import READY
from local.journey import Journey, licences
from local.stack import Stack
from tests.e2e.conftest import StartStack

USERS = 25
KILLS = 10
RESUMED = 2
"""So many attempts fail at their last step, and the next ones go on with the machines that are there."""
LOOK_EVERY_SECONDS = 0.2


def log_lines(stack: Stack) -> int:
    return stack.host.output().count("\n")


def wait_for_lines(stack: Stack, count: int, journey: Journey) -> bool:
    """Wait until the host has said so much more; False if the work is done before."""
    until = log_lines(stack) + count
    while log_lines(stack) < until:
        rows = journey.cloud_pcs()
        if len(rows) >= licences(USERS) and all(row.is_settled for row in rows):
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


@pytest.mark.parametrize("seed", [11])
@pytest.mark.timeout(900)
def test_ten_kills_cost_no_cloud_pc(start_stack: StartStack, seed: int) -> None:
    chance = random.Random(seed)
    stack = start_stack(users=USERS, seed=seed)
    taken = {"kind": "http", "status": 409, "code": "AssignmentConflict", "message": "not now"}
    stack.tell_cloud("faults", {"match": {"op": "sessionHost.patch"}, "do": taken, "when": {"max_hits": RESUMED}})
    journey = Journey(stack.portal(), print)
    journey.first_day()
    kills = 0
    while kills < KILLS and wait_for_lines(stack, chance.randrange(1, 60), journey):
        stack.host.kill()
        stack.start_host()
        kills += 1
    while not (len(rows := journey.cloud_pcs()) == licences(USERS) and all(row.is_settled for row in rows)):
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)
    assert kills == KILLS
    assert [row for row in rows if row.status not in READY] == []
    assert stack.ask_cloud("invariants") == {"clean": True, "findings": []}
