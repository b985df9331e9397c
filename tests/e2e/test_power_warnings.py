"""A Cloud PC outside its hours, over HTTP: who works is not stopped, a stop is warned of, and keep-awake holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from local.portal import Portal
from local.stack import Stack
from tests.e2e.office import CLOSELY, SMALL, Json, Office

pytestmark = pytest.mark.e2e

OFTEN, HOUR = timedelta(minutes=5), timedelta(hours=1)
NEVER_WORKING = {
    "displayName": "Never",
    "timeZone": "Europe/Berlin",
    "phases": [{"begins": "00:00:00", "working": False}],
    "disconnectedInMinutes": 60,
    "warningInMinutes": 15,
}


@pytest.fixture(scope="module")
def office(stack: Stack, portal: Portal) -> Office:
    office = Office(stack, portal, "warned").open()
    schedule = portal.ask("POST", f"{office.graph}/powerSchedules", NEVER_WORKING).body["id"]
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user), powerScheduleId=schedule)
    assert office.settled(user)["status"] == "provisioned"
    return office


def shown(office: Office) -> Json:
    pc = office.cloud_pc_of(office.named(1))
    answer: Json = office.portal.ask("GET", f"{office.graph}/cloudPCs/{pc['id']}").body
    return answer


def power(office: Office) -> str:
    (machine,) = office.machines()
    return str(machine["facts"]["power"])


def told(office: Office, **how: Any) -> None:
    (pool,) = office.machines("Microsoft.DesktopVirtualization/hostPools")
    route = "desktops/leave" if how else "desktops/signins"
    body = {"user": office.named(1), "hostPool": str(pool["id"]).rpartition("/")[2], **how}
    office.stack.tell_cloud(route, body)


def messages(office: Office) -> list[Json]:
    user = office.named(1)
    return [message for message in office.stack.ask_cloud("state?view=broker")["messages"] if message["user"] == user]


def test_a_cloud_pc_without_a_schedule_that_is_shut_down_inside_windows_is_deallocated(
    stack: Stack, portal: Portal
) -> None:
    office = Office(stack, portal, "shut").open()
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user))
    assert office.settled(user)["status"] == "provisioned"
    told(office)
    (machine,) = office.machines()
    do = [{"method": "POST", "path": f"{machine['id']}/powerOff?api-version=2026-04-01"}]
    begun = office.stack.clock.now()
    assert office.stack.tell_cloud("events", {"id": "shut-down", "do": do})["cameTo"][0]["status"] < 300
    office.until(
        lambda: shown(office)["@deskwright.power"]["observed"] == "shutDown", says="the list has found it", look=CLOSELY
    )
    assert shown(office)["powerState"] == "poweredOff"
    office.until(lambda: power(office) == "deallocated", says="it is deallocated", look=CLOSELY)
    assert office.stack.clock.now() - begun < timedelta(minutes=30)
    assert shown(office)["@deskwright.power"]["reason"] == "it was shut down inside Windows"


def test_who_works_is_not_stopped_and_a_warning_comes_before_the_stop_that_keep_awake_puts_off(
    office: Office,
) -> None:
    told(office)
    begun = office.stack.clock.now()
    office.until(lambda: office.stack.clock.now() > begun + 2 * HOUR, says="two hours are over", look=OFTEN)
    assert power(office) == "running"
    assert messages(office) == []

    told(office, how="disconnect")
    (message,) = office.until(lambda: messages(office), says="the user is warned", look=OFTEN)
    assert "(Europe/Berlin)" in message["body"]
    stops_at = datetime.fromisoformat(shown(office)["@deskwright.power"]["stopsAt"])
    assert timedelta() < stops_at - office.stack.clock.now() <= timedelta(minutes=20)

    pc = shown(office)
    kept = office.portal.ask("POST", f"{office.base}/cloudPCs/{pc['id']}/keepAwake", {"hours": 2})
    assert kept.body["status"] == "succeeded"
    office.until(lambda: office.stack.clock.now() > stops_at + HOUR, says="the stop is over", look=OFTEN)
    assert power(office) == "running"
    assert shown(office)["@deskwright.power"]["keptAwakeUntil"] is not None

    office.until(lambda: power(office) == "deallocated", says="it stops when nobody keeps it awake", look=OFTEN)
    # The record is written behind Azure's answer.
    office.until(lambda: shown(office)["powerState"] == "poweredOff", says="its record says so", look=CLOSELY)
