"""Releases of Spot Groups over HTTP. At every look the floor holds, a member gets a desktop, no session is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.portal import Answer
from tests.e2e.office import SELDOM, Office
from tests.e2e.test_image_sets import PERSONAL, new_set
from tests.e2e.test_session_hosts import left, remove
from tests.e2e.test_spot_engine import decisions, group, hosts, ready, sign_in
from tests.e2e.test_spot_groups import group_form, may_reach, members, rights, wizard
from tests.e2e.watching import Watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_200)]

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
FIRST = "0.0.0"
ONE_ONLINE = {"minimumOnline": 1}


@dataclass
class Group:
    """A pooled Spot Group on one of two image sets, whose hosts are ready, and somebody who watches it."""

    office: Office
    id: str
    names: list[str]
    staff: str
    before: str
    after: str
    watch: Watch

    @property
    def place(self) -> str:
        return f"{self.office.graph}/spotGroups/{self.id}"

    def release(self, image_set: str, method: str = "immediate", **more: Any) -> Answer:
        """Begin a release of the first version of an image set."""
        form = {
            "group": {"spotGroupId": self.id},
            "image": {"imageSetId": image_set, "imageVersion": FIRST},
            "method": {"method": method, **more},
        }
        begun: Answer = wizard(self.office, "update-spot-group", form)
        return begun

    def edit(self, **steps: Any) -> Answer:
        begun: Answer = wizard(self.office, "edit-spot-group", {"group": {"spotGroupId": self.id}, **steps})
        return begun

    def on_release(self, verb: str) -> Json:
        changed: Json = self.office.portal.ask("POST", f"{self.place}/release/{verb}").body
        return changed

    def opened(self) -> Json:
        found: Json = self.office.portal.ask("GET", f"{self.place}/release").body
        return found

    def history(self) -> list[str]:
        """Statuses of the releases, the newest first."""
        return [each["status"] for each in self.office.portal.pages(f"{self.place}/history")]

    def images(self) -> list[str]:
        """The image sets of the hosts that are ready."""
        return sorted(each["imageSetId"] for each in hosts(self.office, self.id) if each["status"] == "ready")

    def sessions(self) -> dict[str, str]:
        """Hosts of sessions, by the user of the session."""
        found = self.office.portal.pages(f"{self.place}/sessions")
        return {each["userPrincipalName"]: each["sessionHostId"] for each in found}

    def comes_to(self, image_set: str, count: int) -> None:
        """Watch until all hosts are of one image set, and the release is over."""

        def there() -> bool:
            return self.images() == [image_set] * count and len(hosts(self.office, self.id)) == count

        self.watch.until(there, says=f"{count} hosts of {image_set}")
        self.watch.until(lambda: self.history()[0] == "succeeded", says="the release is over")

    def move_profiles(self, *, reachable: bool) -> None:
        """Give the group another profile share; hosts that are built from now on want to reach it."""
        self.reach_profiles(reachable=reachable)
        self.office.finish(self.edit(name={"profilePath": rf"\\moved-{self.office.name}.contoso.com\profiles"}))

    def reach_profiles(self, *, reachable: bool) -> None:
        share = rf"\\moved-{self.office.name}.contoso.com\*"
        self.office.stack.tell_cloud("config", {"fileShares": {share: None if reachable else "away"}})


def pooled(office: Office, users: int = 12, *, count: int = 2, quantity: int | None = None, **steps: Any) -> Group:
    """Make a group, and wait until its hosts are ready and all may sign in."""
    office.connection()
    names = [office.user(number) for number in range(users)]
    staff = office.group("Staff", *names)
    before, after = new_set(office, "Before")["id"], new_set(office, "After")["id"]
    form = group_form(office, before, staff, quantity=quantity or users, **{"capacity": ONE_ONLINE, **steps})
    group_id = wizard(office, "create-spot-group", form).body["id"]
    ready(office, group_id, count)
    entitled = min(users, quantity or users)
    office.until(lambda: len(may_reach(office, group_id)) == entitled, says="all may sign in")
    watch = Watch(office, group_id, probe=names[0])
    return Group(office, group_id, names, staff, before, after, watch)


def test_a_release_whose_first_host_fails_stops_with_evidence_and_is_rolled_back(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office, capacity={"minimumOnline": 2})
    sign_in(office, made.id, made.names[1])
    there = {each["id"] for each in hosts(office, made.id)}
    made.move_profiles(reachable=False)
    begun = made.release(made.after, notes="patches")

    made.watch.until(lambda: office.portal.is_over(begun), says="the release has stopped")
    operation = office.portal.ask("GET", begun.headers["location"].partition("/api")[2]).body
    stopped = made.opened()
    (canary,) = (each for each in hosts(office, made.id) if each["id"] not in there)
    made.reach_profiles(reachable=True)
    assert (operation["status"], operation["error"]["code"]) == ("failed", "releaseStopped")
    assert (stopped["status"], stopped["stage"]) == ("failed", "failed")
    assert stopped["cause"].startswith("The first host of version")
    assert (canary["proven"], canary["imageSetId"]) == (False, made.after)
    assert "The network path was not found." in canary["warnings"][0]["message"]
    assert made.names[1] in made.sessions()
    assert made.watch.broker()["messages"] == []

    made.release(made.before, notes="back")
    made.comes_to(made.before, 2)
    assert {each["id"] for each in hosts(office, made.id)} == there
    assert made.history() == ["succeeded", "superseded"]
    assert made.names[1] in made.sessions()


@pytest.mark.long
def test_a_member_who_leaves_loses_the_desktop_at_once_and_the_first_waiting_one_gets_it(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    made = pooled(office, 3, count=1, quantity=2)
    (waiting,) = set(made.names) - may_reach(office, made.id)
    leaver, stays = sorted(may_reach(office, made.id))
    sign_in(office, made.id, leaver)
    sign_in(office, made.id, stays)
    made.release(made.after)

    office.leave(made.staff, leaver)
    office.tell_changed(leaver)
    made.watch.probe = stays
    made.watch.until(lambda: waiting in may_reach(office, made.id), says="the first waiting one may sign in")
    assert rights(office, leaver) == set()
    assert leaver not in made.sessions()
    told = {each["user"]: each["title"] for each in made.watch.broker()["messages"]}
    assert told[leaver] == "You are being signed out"
    body = {"user": leaver, "hostPool": f"spot-{made.id}"}
    assert office.stack.tell_cloud("desktops/signins", body)["reason"] == "NotAssigned"
    made.watch.probe = waiting
    made.watch.look()
    remove(office, made.id)
    assert left(office) == []


@pytest.mark.long
def test_an_opportunistic_release_waits_for_users_to_leave(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office)
    for name in made.names[1:4]:
        sign_in(office, made.id, name)
    where = made.sessions()
    begun = made.release(made.after, "opportunistic")

    made.watch.until(lambda: made.images().count(made.after) == 2, says="the new hosts are there")
    made.watch.for_a_while(timedelta(minutes=30))
    assert {name: made.sessions()[name] for name in made.names[1:4]} == {name: where[name] for name in made.names[1:4]}
    assert made.watch.broker()["messages"] == []
    assert made.history() == ["running"]

    for name in made.names[1:4]:
        office.stack.tell_cloud("desktops/leave", {"user": name, "hostPool": f"spot-{made.id}"})
    made.comes_to(made.after, 2)
    assert office.finish(begun)["result"]["outcome"] == "succeeded"
    assert "signOff" not in {each["action"] for each in decisions(office, made.id)}


@pytest.mark.long
def test_a_scheduled_release_waits_is_cancelled_and_moves_at_its_time(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office)
    sign_in(office, made.id, made.names[1])
    far = office.stack.clock.now() + timedelta(days=40)
    made.release(made.after, "scheduled", at=far.isoformat())
    made.watch.for_a_while(timedelta(minutes=3))
    assert (made.opened()["status"], made.opened()["stage"]) == ("running", "waiting")

    gone = next(each["id"] for each in hosts(office, made.id) if each["id"] not in made.sessions().values())
    made.watch.floor = 0  # an operator removes a host
    office.finish(office.portal.ask("POST", f"{made.place}/hosts/{gone}/remove?confirm=true"))
    made.watch.floor = 1
    made.watch.until(lambda: made.images() == [made.before] * 2, says="it is replaced by one of the version before")

    made.on_release("cancel")
    assert group(office, made.id)["imageSetId"] == made.before
    made.watch.for_a_while(timedelta(minutes=10))
    assert (made.history(), made.images()) == (["canceled"], [made.before] * 2)

    at = office.stack.clock.now().replace(microsecond=0) + timedelta(hours=3)
    local = at.astimezone(timezone(timedelta(hours=9)))
    begun = made.release(made.after, "scheduled", at=local.isoformat(), signOffAfterInMinutes=5)
    assert datetime.fromisoformat(made.opened()["at"]) == at
    assert made.history() == ["running", "canceled"]
    old = made.sessions()[made.names[1]]
    made.watch.until(lambda: made.images().count(made.after) == 2, says="the new hosts are there")
    assert office.stack.clock.now() < at
    while office.stack.clock.now() + timedelta(minutes=1) < at:
        assert made.sessions()[made.names[1]] == old
        made.watch.for_a_while(min(timedelta(minutes=5), at - office.stack.clock.now()))
    made.comes_to(made.after, 2)
    assert office.finish(begun)["result"]["outcome"] == "succeeded"
    assert made.history() == ["succeeded", "canceled"]
    assert made.names[1] in {each["user"] for each in made.watch.broker()["messages"]}


@pytest.mark.long
def test_a_release_that_failed_is_resumed_when_the_cause_is_mended(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office, capacity={"minimumOnline": 2})
    made.move_profiles(reachable=False)
    begun = made.release(made.after)
    made.watch.until(lambda: office.portal.is_over(begun), says="the release has stopped")
    made.reach_profiles(reachable=True)
    made.on_release("resume")
    made.comes_to(made.after, 2)
    assert all(each["proven"] for each in hosts(office, made.id))
    assert made.history() == ["succeeded"]


@pytest.mark.long
def test_a_release_is_paused_edited_resumed_and_cancelled_in_the_middle(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office, 22, count=3, license={"licenseType": "pooled", "quantity": 25}, capacity={"minimumOnline": 2})
    made.watch.floor = 2
    for name in made.names[1:19]:
        sign_in(office, made.id, name)
    made.release(made.after, signOffAfterInMinutes=10)
    made.watch.until(lambda: made.after in made.images(), says="the first new host is there")
    made.watch.until(lambda: made.watch.broker()["messages"], says="users are told")

    paused = made.on_release("pause")
    made.watch.for_a_while(timedelta(minutes=3))  # what had begun comes to its end
    stood, told = made.images(), len(made.watch.broker()["messages"])
    office.finish(made.edit(license={"quantity": 35}))
    made.watch.for_a_while(timedelta(minutes=45))
    assert paused["status"] == "paused"
    assert made.images().count(made.after) >= stood.count(made.after)
    assert made.images().count(made.before) >= stood.count(made.before)
    assert len(made.watch.broker()["messages"]) == told
    assert len(made.images()) >= 4

    made.on_release("resume")
    made.watch.until(lambda: made.images().count(made.before) < stood.count(made.before), says="old hosts go")
    cancelled = made.on_release("cancel")
    assert cancelled["status"] == "canceled"
    assert group(office, made.id)["imageSetId"] == made.before
    made.watch.for_a_while(timedelta(minutes=45))
    assert made.history() == ["canceled"]

    made.release(made.before)  # also the hosts that the release had built
    made.comes_to(made.before, 4)
    assert made.history() == ["succeeded", "canceled"]


@pytest.mark.long
def test_an_empty_directory_during_a_release_takes_nobodys_desktop(open_office: OpenOffice) -> None:
    office = open_office({"removalBrake": {"count": 1, "percent": 100}})
    made = pooled(office, 4, count=1, quantity=10)
    made.release(made.after)
    office.leave(made.staff, *made.names)
    office.tell_changed()

    def held() -> bool:
        return {each["status"] for each in members(office, made.id).values()} == {"removalHeld"}

    made.watch.until(held, says="the removals wait for a confirmation")
    made.comes_to(made.after, 1)
    assert may_reach(office, made.id) == set(made.names)


@pytest.mark.long
def test_a_group_that_is_deleted_while_a_release_runs_leaves_nothing(open_office: OpenOffice) -> None:
    office = open_office()
    made = pooled(office)
    begun = made.release(made.after)
    made.watch.until(lambda: len(hosts(office, made.id)) > 2, says="the first new host is being built")
    remove(office, made.id)
    ended = office.finish(begun, look=SELDOM)
    assert (ended["status"], ended["result"]["outcome"]) == ("succeeded", "canceled")
    assert left(office) == []
    assert office.invariants() == []


@pytest.mark.long
def test_dedicated_hosts_stay_as_they_are_in_a_release(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    names = [office.user(number) for number in range(2)]
    source = {"hostPoolType": "personal", "galleryImageId": PERSONAL}
    before = new_set(office, "Before", source=source)["id"]
    after = new_set(office, "After", source=source)["id"]
    form = group_form(office, before, office.group("Staff", *names))
    licence = {"licenseType": "personalDedicated", "quantity": 2}
    group_id = wizard(office, "create-spot-group", {**form, "license": licence}).body["id"]

    def built() -> list[Json] | None:
        found = [each for each in hosts(office, group_id) if each["status"] == "ready" and each["assignedUserId"]]
        return found if len(found) == 2 else None

    there = office.until(built, says="both hosts are ready", look=SELDOM)
    sign_in(office, group_id, names[0])
    image = {"imageSetId": after, "imageVersion": FIRST}
    update = {"group": {"spotGroupId": group_id}, "image": image, "method": {"method": "immediate"}}
    done = office.finish(wizard(office, "update-spot-group", update))
    office.pass_time(timedelta(hours=2))

    assert done["result"]["outcome"] == "succeeded"
    same = {(each["id"], each["imageSetId"], each["assignedUserId"]) for each in hosts(office, group_id)}
    assert same == {(each["id"], before, each["assignedUserId"]) for each in there}
    told = office.stack.ask_cloud(f"state?view=broker&pool=*spot-{group_id}")
    assert (told["lost"], told["messages"], told["sessions"]) == ([], [], {"Active": 1})
