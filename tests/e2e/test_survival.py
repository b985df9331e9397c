"""The simulated cloud and the host are killed with -9 in every order while Cloud PCs are being made."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.board import READY
from local.journey import Journey, licences
from local.stack import Stack
from tests.e2e.conftest import StartStack

USERS = 5
LOOK_EVERY_SECONDS = 0.1


def wait_for_requests(stack: Stack, count: int) -> None:
    """Wait until so many more requests have reached the cloud since it was started."""
    until = stack.ask_cloud("stats")["requests"] + count
    while stack.ask_cloud("stats")["requests"] < until:
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)


@contextmanager
def slowly(stack: Stack) -> Iterator[None]:
    """Let little time pass in a block: how long a busy machine takes to start a process is no outage of Azure."""
    with stack.at_speed(10):
        yield


def cloud(stack: Stack) -> None:
    stack.cloud.kill()
    stack.start_cloud()


def host(stack: Stack) -> None:
    stack.host.kill()
    stack.start_host()


def cloud_then_host(stack: Stack) -> None:
    stack.cloud.kill()
    stack.host.kill()
    stack.start_cloud()
    stack.start_host()


def host_comes_back_before_the_cloud(stack: Stack) -> None:
    stack.host.kill()
    stack.cloud.kill()
    stack.start_host()
    stack.start_cloud()


ORDERS = [cloud, host, cloud_then_host, host_comes_back_before_the_cloud]


@pytest.mark.timeout(600)
@pytest.mark.long
def test_kills_of_cloud_and_host_in_any_order_cost_no_cloud_pc(start_stack: StartStack) -> None:
    stack = start_stack(users=USERS, seed=3)
    journey = Journey(stack.portal(), print)
    journey.first_day()
    for kill in ORDERS:
        wait_for_requests(stack, 25)
        with slowly(stack):
            kill(stack)
    while not (len(rows := journey.cloud_pcs()) == licences(USERS) and all(row.is_settled for row in rows)):
        assert stack.failed_part() is None
        time.sleep(LOOK_EVERY_SECONDS)
    assert [row for row in rows if row.status not in READY] == []
    machines = stack.ask_cloud("state?type=Microsoft.Compute/virtualMachines")
    assert len(machines) == licences(USERS)
    assert stack.ask_cloud("invariants") == {"clean": True, "findings": []}
