"""Whether a sign-in finds a host: the last open host, hosts that run closed, and a user's own."""

from datetime import time, timedelta

from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import Schedule, SchedulePhase
from shared.domain.spot.hosts.host_plan import GroupStatus
from shared.domain.spot.hosts.observed import AgentStatus, HostState
from tests.unit.spot.test_plan import EARLIER, NOW, drained, host, off, taken, target


def test_a_host_of_a_users_own_is_opened_when_a_repair_has_left_it_closed() -> None:
    dedicated = target(kind=LicenseType.PERSONAL_DEDICATED, quantity=1)
    ill = host(1, assigned_user_id="ada", agent=AgentStatus.UNAVAILABLE, empty_since=EARLIER)
    assert taken(plan(dedicated, [ill], NOW)) == [("restart", "h1", "broken")]
    mended = drained(1, assigned_user_id="ada", since=NOW, empty_since=NOW, restarts=1)
    assert taken(plan(dedicated, [mended], NOW)) == [("undrain", "h1", "usersOwn")]
    assert taken(plan(dedicated, [mended], NOW, complete=False)) == [("undrain", "h1", "usersOwn")]
    assert taken(plan(dedicated, [off(1, assigned_user_id="ada")], NOW)) == [("undrain", "h1", "usersOwn")]
    kept = {"kept_until": NOW + timedelta(days=3)}
    broken = {"agent": AgentStatus.UNAVAILABLE, "since": EARLIER, "restarts": 2}
    for closed in ({"drained_by_hand": True}, {"excluded": True}, kept, broken, {"state": HostState.STARTING}):
        assert "undrain" not in {step[0] for step in taken(plan(dedicated, [mended.but(**closed)], NOW))}


def test_at_rest_the_last_host_takes_sign_ins_until_it_stops_and_the_status_says_when_none_does() -> None:
    quiet = Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=True),))
    rests = target(quantity=10, schedule=quiet, start_on_connect=True)
    lately = NOW - timedelta(minutes=4)
    left = plan(rests, [host(1, empty_since=lately)], NOW)
    assert (taken(left), left.status, left.next_look) == ([], GroupStatus.AVAILABLE, lately + timedelta(minutes=15))
    stops = plan(rests, [host(1, empty_since=EARLIER)], NOW)
    assert (taken(stops), stops.status) == ([("stop", "h1", "idle")], GroupStatus.LIMITED_AVAILABILITY)
    assert stops.cause == "No seat is free; a host that stops or starts takes sign-ins after it."
    waits = plan(rests, [off(1)], NOW)  # for Azure, which starts it at sign-in
    assert (taken(waits), waits.status) == ([("undrain", "h1", "startOnConnect")], GroupStatus.AVAILABLE)
    assert plan(rests, [off(1, allow_new_sessions=True)], NOW).status is GroupStatus.AVAILABLE
    nobody = plan(rests.but(start_on_connect=False), [off(1)], NOW)
    assert (taken(nobody), nobody.status) == ([], GroupStatus.UNAVAILABLE)
    assert nobody.cause == "The group rests: no host is online, and none starts at sign-in."


def test_a_host_that_runs_closed_is_opened_where_no_other_takes_sign_ins() -> None:
    quiet = Schedule(time_zone="UTC", phases=(SchedulePhase(begins=time(0), rests=True),))
    rests = target(quantity=20, schedule=quiet, start_on_connect=True)
    woken = drained(1, since=NOW, closed_since=NOW, empty_since=NOW)
    asleep = off(2, allow_new_sessions=True)
    assert taken(plan(rests, [woken, asleep], NOW)) == [("undrain", "h1", "lastHost")]
    assert taken(plan(rests, [woken, host(2, empty_since=NOW)], NOW)) == []
    beside = plan(rests, [woken, host(2, empty_since=EARLIER)], NOW)  # Azure starts none beside it: h2 waits for it
    assert taken(beside) == []
    assert taken(plan(rests, [drained(1), asleep], NOW)) == [("stop", "h1", "idle")]
