"""Usage over HTTP: the curve of a Spot Group's day equals the acts of the simulated broker and machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.office import CLOSELY, MEDIUM, Office
from tests.e2e.test_spot_engine import day, group, ready, sign_ins, spot_office
from tests.e2e.test_spot_groups import may_reach

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
USERS, STAY_S = 25, 1800
LOOK = timedelta(minutes=2)
"""The first look of an interval comes within this time of its beginning."""


def usage(office: Office, group_id: str, begins: datetime, interval: str) -> list[Json]:
    query = urlencode({"startDateTime": begins.isoformat(), "interval": interval})
    return list(office.portal.pages(f"{office.graph}/spotGroups/{group_id}/usage?{query}"))


def begin_of(point: Json) -> datetime:
    return datetime.fromisoformat(point["intervalStartDateTime"])


def lasted(record: Json) -> tuple[datetime, datetime]:
    """When a session of the simulated broker began and ended."""
    began = datetime.fromisoformat(record["at"]) + timedelta(seconds=record["waitedSeconds"])
    return began, began + timedelta(seconds=STAY_S)


def counts_between(sessions: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime) -> set[int]:
    """The numbers of sessions that there were in a stretch of time."""
    known = list(sessions)
    changes = [since, *(at for each in known for at in each if since < at <= until)]
    return {sum(began <= at < ended for began, ended in known) for at in changes}


def turned(office: Office, kind: str, since: datetime) -> int:
    """Return the number of times that the tenant's machines were started, or stopped, in the simulated cloud."""
    found = office.stack.ask_cloud(f"operations?limit=100000&kind={kind}")
    mine = [each for each in found if office.subscription in each["target"] and each["status"] == "Succeeded"]
    return len([each for each in mine if datetime.fromisoformat(each["accepted"]) >= since])


def test_the_curve_of_a_day_is_what_the_broker_and_the_machines_did(open_office: OpenOffice) -> None:
    office = open_office()
    group_id, names = spot_office(office, USERS)
    ready(office, group_id, 3)
    office.until(lambda: len(may_reach(office, group_id)) == USERS, says="all may sign in")
    office.until(lambda: office.powers().count("deallocated") == 2, says="one host is enough for nobody")
    office.let_pass(timedelta(minutes=6))
    begins = office.stack.clock.now()

    day(office, group_id, names, {"from": 60, "until": 1500, "stay": STAY_S})
    office.until(lambda: len(sign_ins(office, group_id)) == USERS, says="all have signed in", look=CLOSELY)
    office.until(lambda: not group(office, group_id)["activeSessions"], says="all have left")
    office.until(lambda: office.powers().count("deallocated") == 2, says="the hosts have stopped")
    office.let_pass(timedelta(minutes=11))

    points = usage(office, group_id, begins, "PT5M")
    sessions = [lasted(each) for each in sign_ins(office, group_id)]
    seen = {begin_of(each): each for each in points if begin_of(each) >= begins}
    assert len(seen) >= (max(end for _, end in sessions) - begins) // timedelta(minutes=5) - 1
    wrong = {
        at.isoformat(): (point["activeSessions"], counts_between(sessions, at, at + LOOK))
        for at, point in seen.items()
        if point["activeSessions"] not in counts_between(sessions, at, at + LOOK)
    }
    assert wrong == {}
    assert sum(each["signIns"] for each in points) == USERS
    assert sum(each["startedHosts"] for each in points) == turned(office, "vm.start", begins)
    assert sum(each["stoppedHosts"] for each in points) == turned(office, "vm.deallocate", begins)
    assert points[-1]["runningHosts"] == 1
    marks = {mark["action"] for point in points for mark in point["marks"]}
    assert {"start", "drain", "stop"} <= marks

    hours = usage(office, group_id, begins, "PT1H")
    assert sum(each["signIns"] for each in hours) >= USERS
    assert max(each["peakSessions"] for each in hours) == max(each["peakSessions"] for each in points)


def test_a_tenant_s_hours_have_its_builds_and_the_board_its_cloud_pcs(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    office.policy("Office", office.connection(), office.group("Staff", upn))
    office.settled(upn)

    def built() -> Json | None:
        found: list[Json] = list(office.portal.pages(f"{office.graph}/reports/usage"))
        return next((each for each in found if each["buildsSucceeded"]), None)

    hour = office.until(built, says="the hour of the build is over")
    assert (hour["buildsSucceeded"], hour["buildsFailed"], hour["recordedMinutes"]) == (1, 0, 60)
    assert hour["provisioned"] + hour["provisionedWithWarnings"] == 1
    board = {each["id"]: each for each in office.portal.pages("/cloudPcsOverview")}
    mine = board[office.name]
    assert (mine["provisioned"], mine["building"], mine["failed"], mine["waiting"]) == (1, 0, 0, 0)
    home = office.portal.ask("GET", f"{office.base}/summary").body
    assert home["today"][-1]["provisioned"] + home["today"][-1]["provisionedWithWarnings"] == 1
