"""The engine of Spot Groups over HTTP, with the simulated broker: storms, evenings, broken hosts, a release."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.conftest import StartStack
from tests.e2e.office import CLOSELY, SELDOM, Office
from tests.e2e.test_image_sets import RECIPE, new_set, new_version, versions
from tests.e2e.test_spot_groups import group_form, may_reach, wizard

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
KILLS = 5


def spot_office(office: Office, users: int, recipe: Json | None = None, **steps: Any) -> tuple[str, list[str]]:
    """Make a pooled group of some users; return its id and the users."""
    office.connection()
    names = [office.user(number) for number in range(users)]
    staff = office.group("Staff", *names)
    image_set = (new_set(office, recipe=recipe) if recipe else new_set(office))["id"]
    form = group_form(office, image_set, staff, quantity=users, **steps)
    group_id = wizard(office, "create-spot-group", form).body["id"]
    return group_id, names


def group(office: Office, group_id: str) -> Json:
    found: Json = office.portal.ask("GET", f"{office.graph}/spotGroups/{group_id}").body
    return found


def hosts(office: Office, group_id: str) -> list[Json]:
    return list(office.portal.pages(f"{office.graph}/spotGroups/{group_id}/hosts"))


def decisions(office: Office, group_id: str) -> list[Json]:
    return list(office.portal.pages(f"{office.graph}/spotGroups/{group_id}/decisions"))


def ready(office: Office, group_id: str, count: int) -> list[Json]:
    """Wait until a group has so many hosts that have been built, and offers a desktop."""

    def there() -> list[Json] | None:
        found = [each for each in hosts(office, group_id) if each["status"] == "ready"]
        return found if len(found) == count and group(office, group_id)["onlineHosts"] else None

    found: list[Json] = office.until(there, says=f"{count} hosts are ready and one is online")
    return found


def sign_in(office: Office, group_id: str, user: str, **more: Any) -> None:
    """Let a user sign in now; what the broker made of it is in ``sign_ins``."""
    office.stack.tell_cloud("desktops/signins", {"user": user, "hostPool": f"spot-{group_id}", **more})


def day(office: Office, group_id: str, users: list[str], *visits: Json) -> None:
    """Let a scripted day begin."""
    body = {"hostPool": f"spot-{group_id}", "users": users, "visits": list(visits)}
    office.stack.tell_cloud("desktops/days", body)


def sign_ins(office: Office, group_id: str) -> list[Json]:
    found: list[Json] = office.stack.ask_cloud(f"desktops/signins?pool=*spot-{group_id}&limit=10000")
    return found


def outcomes(office: Office, group_id: str) -> set[str]:
    """Outcomes of the sign-ins into a group."""
    return {str(each["outcome"]) for each in sign_ins(office, group_id)}


def lost(office: Office, group_id: str) -> list[Json]:
    """The sessions that ended without notice."""
    found: list[Json] = office.stack.ask_cloud(f"state?view=broker&pool=*spot-{group_id}")["lost"]
    return found


def test_a_storm_is_served_and_hosts_stop_in_the_evening(open_office: OpenOffice) -> None:
    office = open_office()
    group_id, names = spot_office(office, 25)
    ready(office, group_id, 3)
    office.until(lambda: len(may_reach(office, group_id)) == 25, says="all may sign in")
    office.until(
        lambda: group(office, group_id)["onlineHosts"] == 1, says="one host is enough for nobody", look=CLOSELY
    )
    assert group(office, group_id)["status"] == "available"

    day(office, group_id, names, {"from": 60, "until": 1500, "stay": [1800, 2100]})
    office.until(lambda: len(sign_ins(office, group_id)) == 25, says="all have come", look=CLOSELY)
    # Whoever comes while a host starts waits for it: an outcome is final only when it is another.
    office.until(lambda: "waiting" not in outcomes(office, group_id), says="nobody waits", look=CLOSELY)
    assert outcomes(office, group_id) == {"signedIn"}
    office.until(lambda: group(office, group_id)["activeSessions"] == 25, says="all are counted", look=CLOSELY)
    office.until(lambda: group(office, group_id)["onlineHosts"] == 3, says="a third serves", look=CLOSELY)
    starts = [each for each in decisions(office, group_id) if each["action"] == "start"]
    assert {each["reason"] for each in starts} <= {"seatsNeeded", "signInsRise"}

    office.until(lambda: group(office, group_id)["activeSessions"] == 0, says="all have left")
    office.until(lambda: office.powers().count("deallocated") == 2, says="two hosts have stopped")
    assert group(office, group_id)["onlineHosts"] == 1
    assert lost(office, group_id) == []


def test_an_operator_sees_hosts_and_sessions_and_acts_on_them(open_office: OpenOffice) -> None:
    office = open_office()
    group_id, names = spot_office(office, 12)
    ready(office, group_id, 2)
    office.until(lambda: len(may_reach(office, group_id)) == 12, says="all may sign in")
    place = f"{office.graph}/spotGroups/{group_id}"
    sign_in(office, group_id, names[0])
    sign_in(office, group_id, names[1])
    sessions = list(office.portal.pages(f"{place}/sessions"))
    assert {each["userPrincipalName"] for each in sessions} == set(names[:2])

    told = office.portal.ask("POST", f"{place}/sessions/message", {"title": "Hello", "body": "Please sign out."})
    assert told.body == {"sessions": 2}
    first = next(each for each in sessions if each["userPrincipalName"] == names[0])
    gone = office.portal.ask("POST", f"{place}/sessions/logOff", {"sessionIds": [first["id"]]})
    assert gone.body == {"sessions": 1}
    again = office.portal.send("POST", f"{place}/sessions/logOff", {"sessionIds": [first["id"]]})
    assert (again.status, again.body["error"]["code"]) == (400, "BadRequest")

    host = next(each["sessionHostId"] for each in office.portal.pages(f"{place}/sessions"))
    refused = office.portal.send("POST", f"{place}/hosts/{host}/restart")
    assert refused.status == 409
    assert "1 session " in str(refused.body)
    drained = office.portal.ask("POST", f"{place}/hosts/{host}/drain").body
    assert drained["drainedByHand"] is True

    def others_serve() -> bool:
        serve = [each["id"] for each in hosts(office, group_id) if each["allowNewSession"]]
        return bool(serve) and host not in serve

    office.until(others_serve, says="the other host serves", look=CLOSELY)
    office.finish(office.portal.ask("POST", f"{place}/hosts/{host}/restart?confirm=true"))
    explained = office.portal.ask("GET", f"{place}/explain?user={names[5]}").body
    assert (explained["maySignIn"], explained["memberStatus"]) == (True, "entitled")
    assert "hosts are online" in explained["reasons"][-1]

    office.finish(office.portal.ask("POST", f"{place}/hosts/{host}/remove?confirm=true"))
    office.until(lambda: host not in {each["id"] for each in ready(office, group_id, 2)}, says="another one is built")
    reasons = {(each["action"], each["reason"]) for each in decisions(office, group_id)}
    assert ("build", "hostsMissing") in reasons


@pytest.mark.long
def test_a_group_s_schedule_distributes_sessions_as_its_phase_says(open_office: OpenOffice) -> None:
    office = open_office()
    phases = [{"begins": "00:00", "loadBalancing": "depthFirst", "minimumOnline": 1}]
    group_id, _ = spot_office(office, 12, capacity={"schedule": {"timeZone": "UTC", "phases": phases}})
    ready(office, group_id, 2)

    def balancer() -> str:
        (pool,) = office.machines("Microsoft.DesktopVirtualization/hostPools")
        return str(pool["body"]["properties"]["loadBalancerType"])

    office.until(lambda: balancer() == "DepthFirst", says="the pool fills one host after the other")
    edit = {"group": {"spotGroupId": group_id}, "capacity": {"capacity": {}}}
    office.finish(wizard(office, "edit-spot-group", edit))
    office.until(lambda: balancer() == "BreadthFirst", says="the pool spreads sessions again")


@pytest.mark.long
def test_an_immediate_release_moves_users_after_notice_to_hosts_that_work(open_office: OpenOffice) -> None:
    office = open_office()
    group_id, names = spot_office(office, 12, RECIPE)
    set_id = group(office, group_id)["imageSetId"]
    new_version(office, set_id, customization={"byRecipe": True})
    ready(office, group_id, 2)
    office.until(lambda: len(may_reach(office, group_id)) == 12, says="all may sign in")

    def made() -> Json | None:
        done = [each for each in versions(office, set_id) if each["version"] != "0.0.0"]
        return done[0] if done and done[0]["status"] == "available" else None

    newest = office.until(made, says="the version is available", look=SELDOM)

    for name in names[:3]:
        sign_in(office, group_id, name)
    method = {"method": "immediate", "signOffAfterInMinutes": 5, "notes": "patches"}
    image = {"imageSetId": set_id, "imageVersion": newest["version"]}
    form = {"group": {"spotGroupId": group_id}, "image": image, "method": method}
    done = office.finish(wizard(office, "update-spot-group", form))

    assert done["status"] == "succeeded"
    assert done["result"]["outcome"] == "succeeded"
    assert {each["imageVersion"] for each in ready(office, group_id, 2)} == {newest["version"]}
    assert lost(office, group_id) == []
    messages = office.stack.ask_cloud(f"state?view=broker&pool=*spot-{group_id}")["messages"]
    assert messages
    order = [each["reason"] for each in reversed(decisions(office, group_id))]
    assert order.index("canary") < order.index("newVersion") < order.index("noticeIsOver")
    history = list(office.portal.pages(f"{office.graph}/spotGroups/{group_id}/history"))
    assert [each["status"] for each in history] == ["succeeded"]


@pytest.mark.long
def test_a_user_who_signs_in_while_all_hosts_are_off_has_one_started_by_azure(open_office: OpenOffice) -> None:
    office = open_office()
    rests = {"schedule": {"timeZone": "UTC", "phases": [{"begins": "00:00", "rests": True}]}}
    group_id, names = spot_office(office, 12, capacity=rests)
    office.until(lambda: len(may_reach(office, group_id)) == 12, says="all may sign in")
    office.until(lambda: office.powers() == ["deallocated"] * 2, says="both hosts are off")
    office.until(lambda: any(host["allowNewSession"] for host in hosts(office, group_id)), says="Azure may start one")

    sign_in(office, group_id, names[0])
    (told,) = sign_ins(office, group_id)
    assert (told["outcome"], told["reason"]) == ("waiting", "")
    office.until(lambda: outcomes(office, group_id) == {"signedIn"}, says="they are signed in", look=CLOSELY)
    office.until(lambda: group(office, group_id)["activeSessions"] == 1, says="the engine has seen it", look=CLOSELY)
    office.pass_time(timedelta(hours=1))
    assert group(office, group_id)["status"] == "available"
    assert group(office, group_id)["onlineHosts"] >= 1
    assert [each["userPrincipalName"] for each in office.portal.pages(f"{office.graph}/spotGroups/{group_id}/sessions")]

    office.stack.tell_cloud("desktops/leave", {"user": names[0], "hostPool": f"spot-{group_id}"})
    office.until(lambda: office.powers() == ["deallocated"] * 2, says="both hosts are off again")
    assert lost(office, group_id) == []


@pytest.mark.long
def test_kills_while_hosts_are_built_and_users_come_lose_no_session_and_double_no_host(start_stack: StartStack) -> None:
    chance = random.Random(11)
    stack = start_stack(users=0, seed=11)
    office = Office(stack, stack.portal(), "acme").open()
    group_id, names = spot_office(office, 12)

    def kill() -> None:
        time.sleep(chance.uniform(0.05, 0.6))
        stack.host.kill()
        stack.start_host()

    for _ in range(KILLS):
        kill()
        office.pass_time(timedelta(minutes=chance.randrange(1, 5)))
    ready(office, group_id, 2)
    office.until(lambda: len(may_reach(office, group_id)) == 12, says="all may sign in")
    day(office, group_id, names, {"from": 60, "until": 1200, "stay": [1500, 1800]})
    for _ in range(KILLS):
        office.pass_time(timedelta(minutes=chance.randrange(1, 4)))
        kill()
    office.until(lambda: len(sign_ins(office, group_id)) == 12, says="all have signed in", look=CLOSELY)
    office.until(lambda: office.powers().count("deallocated") == 1, says="one host has stopped in the evening")

    assert outcomes(office, group_id) == {"signedIn"}
    assert lost(office, group_id) == []
    assert len(office.machines()) == 2
    assert office.invariants() == []
