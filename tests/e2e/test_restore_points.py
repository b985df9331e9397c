"""Restore points by the clock over HTTP: made as often as the tenant wishes, beside those made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, SMALL, Office
from tests.e2e.test_actions import copies_of, snapshots_of

pytestmark = [pytest.mark.e2e, pytest.mark.long]

BAD_REQUEST = 400


def schedule(office: Office, hours: int | None) -> int:
    body = {"settings": {"restorePointFrequencyInHours": hours}}
    return int(office.portal.send("PATCH", office.base, body).status)


def made_at(point: dict[str, str]) -> datetime:
    return datetime.fromisoformat(point["createdDateTime"])


def test_the_disk_is_copied_by_the_clock_and_all_copies_go_with_the_machine(
    open_office: Callable[..., Office],
) -> None:
    office = open_office({"restorePointFrequencyInHours": 4})
    upn = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", upn))
    pc = office.settled(upn)
    office.act(pc, "createSnapshot")
    office.until(lambda: len(snapshots_of(office, pc)) == 3, says="two by the clock, one by hand", look=SELDOM)
    points = snapshots_of(office, pc)
    assert sorted(point["snapshotType"] for point in points) == ["automatic"] * 2 + ["manual"]
    # The first is due at a minute of the Cloud PC's own.
    one, other = sorted(made_at(point) for point in points if point["snapshotType"] == "automatic")
    assert abs(other - one - timedelta(hours=4)) < timedelta(minutes=10)
    by_hand = next(point for point in points if point["snapshotType"] == "manual")
    assert by_hand["expirationDateTime"] is not None
    automatic = next(point for point in points if point["snapshotType"] == "automatic")
    office.act(pc, "restore", {"cloudPcSnapshotId": automatic["id"]})
    assert office.cloud_pc_of(upn)["status"] == "provisioned"
    assert schedule(office, 5) == BAD_REQUEST
    schedule(office, None)
    before = len(copies_of(office, pc))
    office.pass_time(timedelta(hours=5))
    assert len(copies_of(office, pc)) == len(snapshots_of(office, pc)) == before
    schedule(office, 6)
    office.until(lambda: len(snapshots_of(office, pc)) == before + 1, says="another one by the clock", look=SELDOM)
    office.act(pc, "reprovision", {})
    assert copies_of(office, pc) == []
    assert snapshots_of(office, pc) == []
    assert office.invariants() == []


def test_a_copy_that_was_made_by_hand_goes_after_four_weeks(start_stack: StartStack) -> None:
    stack = start_stack(users=0)
    office = Office(stack, stack.portal(), "weeks").open()
    upn = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", upn))
    pc = office.settled(upn)
    office.act(pc, "createSnapshot")
    (point,) = snapshots_of(office, pc)
    assert len(copies_of(office, pc)) == 1

    stack.host.kill()  # the service is away until then
    stack.clock.advance(datetime.fromisoformat(point["expirationDateTime"]) - stack.clock.now() + timedelta(hours=1))
    stack.start_host()
    office.until(lambda: snapshots_of(office, pc) == [], says="it has gone")
    assert copies_of(office, pc) == []
    assert office.cloud_pc_of(upn)["status"] == "provisioned"
    assert office.invariants() == []
