"""A message of the host's is really lost: the service finds what stands still by itself, says so, and goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import CLOSELY, MEDIUM, Office

pytestmark = pytest.mark.e2e

CREATING, SLACK, SWEEPS = timedelta(minutes=60), timedelta(minutes=15), timedelta(minutes=15)
"""Longest wait of a build for the creation of its VM; time added for repeats; and longest interval of sweeps."""
BEGINS_WITHIN = timedelta(minutes=20)


@pytest.fixture
def office(start_stack: StartStack) -> Office:
    """A tenant of a stack whose host may be stopped."""
    stack = start_stack(users=1)
    return Office(stack, stack.portal(), "lossy").open()


@contextmanager
def stopped(stack: Stack) -> Iterator[sqlite3.Connection]:
    """The host's file while the host is stopped."""
    stack.host.stop()
    with closing(sqlite3.connect(stack.folder / "host.db")) as store, store:
        yield store
    stack.start_host()


def lose_messages(store: sqlite3.Connection, instance: str) -> int:
    """Lose every message to an instance and to what it waits for, timers included; return how many."""
    of = "id = :id OR id IN (SELECT id FROM instance WHERE parent_id = :id)"
    counts = [store.execute(f"DELETE FROM {table} WHERE {of}", {"id": instance}) for table in ("inbox", "activity")]  # noqa: S608 - our own names
    return sum(count.rowcount for count in counts)


def noticed(office: Office, instance: str) -> timedelta:
    """Wait until the service says that the instance stands still; return how long that took."""
    began, line = office.stack.clock.now(), f"{instance} stands still since"
    office.until(lambda: line in office.stack.host.output(), says=line)
    return office.stack.clock.now() - began


def test_a_build_whose_messages_are_lost_is_found_while_its_step_lasts_and_ends_well(office: Office) -> None:
    upn = office.user(1, MEDIUM)
    office.break_cloud("vm.create", {"kind": "hang"}, max_hits=1)
    office.policy("Everyone", office.connection(), office.group("staff", upn))
    pc = office.reaches(upn, "provisioning")
    office.until(office.machines, says="the machine is being made", look=CLOSELY)
    instance = f"{office.name}-{pc['id']}-provision-{office.timeline(pc['id'])['generation']}"
    with stopped(office.stack) as store:
        assert lose_messages(store, instance) > 0

    took = noticed(office, instance)
    assert took <= CREATING + SLACK + 2 * SWEEPS
    assert office.settled(upn)["status"] == "provisioned"
    assert len(office.machines()) == 1


@pytest.mark.long
def test_a_start_that_never_arrives_is_found_and_made_again(office: Office) -> None:
    instance = f"{office.name}-orphans-scan-0"
    with stopped(office.stack) as store:
        now = int(office.stack.clock.now_us())
        store.execute("DELETE FROM instance WHERE id = ?", (instance,))
        store.execute(
            "INSERT INTO instance(id, execution_id, name, status, input, created_us, updated_us)"
            " VALUES(?, 'lost', 'find_orphans', 'Pending', ?, ?, ?)",
            (instance, f'{{"tenantId": "{office.name}"}}', now, now),
        )
    begun = office.portal.ask("POST", f"{office.base}/orphans/scan")

    assert noticed(office, instance) <= BEGINS_WITHIN + 2 * SWEEPS
    assert office.finish(begun)["status"] == "succeeded"
