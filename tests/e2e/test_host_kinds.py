"""Session hosts of every kind over HTTP: of a domain, in Intune, low-priority, hibernating, broken, left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure_simulator.seeds import TENANT_ID

from tests.e2e.conftest import StartStack
from tests.e2e.identity import on_premises
from tests.e2e.office import CLOSELY, STEADILY, Office
from tests.e2e.test_image_sets import PERSONAL, new_set
from tests.e2e.test_session_hosts import hosts, left, pooled, ready, remove
from tests.e2e.test_spot_engine import decisions, group, lost, sign_in, sign_ins
from tests.e2e.test_spot_groups import group_form, may_reach, wizard

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]


def states(office: Office, group_id: str) -> dict[str, str]:
    """The state of each host, as the engine has seen it last."""
    return {each["id"]: str(each["state"]) for each in hosts(office, group_id)}


def agents(office: Office, said: dict[str, str | None]) -> None:
    """Set the status that desktop agents report, by computer name."""
    office.stack.tell_cloud("config", {"desktopAgents": said})


def befalls(office: Office, host: Json, verb: str) -> None:
    """Let somebody else do something to the machine of a host."""
    path = next(each["id"] for each in office.machines() if each["body"]["name"] == f"host-{host['id']}")
    do = [{"method": "POST", "path": f"{path}/{verb}?api-version=2026-04-01"}]
    told: Json = office.stack.tell_cloud("events", {"id": f"{office.name}-{verb}", "do": do})
    assert told["cameTo"][0]["status"] < 300, told


def managed(office: Office, name: str) -> list[Json]:
    """Managed devices of one name in the simulated Intune."""
    found = office.stack.ask_cloud("state?view=directory&kind=managedDevice")
    return [each for each in found[TENANT_ID] if each["deviceName"] == name]


def actions(office: Office, group_id: str) -> list[tuple[str, str]]:
    """Decisions of the engine, oldest first: action and reason."""
    return [(each["action"], each["reason"]) for each in reversed(decisions(office, group_id))]


@pytest.mark.long
def test_a_host_of_a_domain_joins_it_and_its_account_is_disabled_when_it_goes(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection(**on_premises(office.stack, office.subscription))
    group_id = pooled(office)
    (host,) = ready(office, group_id)

    (device,) = office.devices(host["computerName"])
    assert device["trustType"] == "ServerAd"
    (registered,) = office.machines("Microsoft.DesktopVirtualization/hostPools/sessionHosts")
    assert registered["id"].lower().endswith(f"/{host['computerName']}.corp.contoso.example".lower())
    there = [each["body"]["name"] for each in office.machines("Microsoft.Compute/virtualMachines/extensions")]
    assert "JsonADDomainExtension" not in there  # it had the join password

    remove(office, group_id)
    assert left(office) == []
    assert office.devices(host["computerName"]) == []
    (forest,) = office.stack.ask_cloud("state?view=domains")
    assert host["computerName"].lower() in forest["disabled"]
    assert office.invariants() == []


@pytest.mark.long
def test_a_host_that_the_group_wants_in_intune_is_managed_there_until_it_goes(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, hosts={"intuneEnrollment": True})
    (host,) = ready(office, group_id)

    assert len(managed(office, host["computerName"])) == 1
    remove(office, group_id)
    assert managed(office, host["computerName"]) == []
    assert left(office) == []


@pytest.mark.long
def test_an_evicted_low_priority_host_is_missed_started_again_and_told(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, capacity={"lowPriorityHosts": 1, "minimumOnline": 1})
    (host,) = ready(office, group_id)
    (machine,) = office.machines()
    assert machine["body"]["properties"]["priority"] == "Spot"

    office.until(lambda: group(office, group_id)["status"] == "available", says="it serves", look=CLOSELY)
    befalls(office, host, "simulateEviction")
    office.until(
        lambda: group(office, group_id)["status"] != "available", says="the group tells that it lacks", look=CLOSELY
    )
    office.until(lambda: group(office, group_id)["status"] == "available", says="it serves again")
    assert [each["id"] for each in hosts(office, group_id)] == [host["id"]]
    assert [action for action, _ in actions(office, group_id) if action in {"build", "start", "replace"}] == [
        "build",
        "start",
    ]


@pytest.mark.long
def test_a_host_of_a_users_own_hibernates_with_the_session_and_wakes_with_it(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    image_set = new_set(office, source={"hostPoolType": "personal", "galleryImageId": PERSONAL})["id"]
    user = office.user(0)
    form = group_form(office, image_set, office.group("Staff", user), quantity=1)
    license_step = {"licenseType": "personalDedicated", "quantity": 1}
    group_id = wizard(
        office,
        "create-spot-group",
        {**form, "license": license_step, "hosts": {"hibernate": True, "sizes": ["Standard_D2s_v5"]}},
    ).body["id"]
    ready(office, group_id)
    office.until(lambda: may_reach(office, group_id) == {user}, says="the user may sign in")

    sign_in(office, group_id, user)
    first = office.until(lambda: served(office, group_id), says="the user is signed in", look=CLOSELY)[-1]
    office.stack.tell_cloud("desktops/leave", {"user": user, "hostPool": f"spot-{group_id}", "how": "disconnect"})

    def sleeps() -> bool:
        (there,) = hosts(office, group_id)
        return (there["state"], there["task"]) == ("hibernated", None)

    office.until(sleeps, says="the host hibernates, and takes its user again")
    assert office.powers() == ["deallocated"]

    sign_in(office, group_id, user)
    asked = sign_ins(office, group_id)[-1]
    assert (asked["outcome"], asked["reason"]) == ("waiting", "")
    again = office.until(lambda: served(office, group_id)[1:], says="the user is signed in again", look=CLOSELY)[-1]
    assert (again["outcome"], again["session"]) == ("reconnected", first["session"])
    assert lost(office, group_id) == []


def dedicated(office: Office, staff: str, quantity: int) -> str:
    """Make a group in which each member of *staff* has a host; return its id when all are built."""
    office.connection()
    image_set = new_set(office, source={"hostPoolType": "personal", "galleryImageId": PERSONAL})["id"]
    license_step = {"licenseType": "personalDedicated", "quantity": quantity}
    form = group_form(office, image_set, staff, license=license_step)
    group_id = str(wizard(office, "create-spot-group", form).body["id"])
    ready(office, group_id, quantity)
    office.until(lambda: len(may_reach(office, group_id)) == quantity, says="all may sign in")
    return group_id


def host_of(office: Office, group_id: str, user: str) -> Json:
    """The host of a user's own."""
    (host,) = (each for each in hosts(office, group_id) if each["assignedUserId"] == office.user_id(user))
    return host


def power(office: Office, host: Json) -> str:
    """The power state of a host's machine."""
    (vm,) = (each for each in office.machines() if each["body"]["name"] == f"host-{host['id']}")
    return str(vm["facts"]["power"])


@pytest.mark.long
def test_the_host_of_who_left_is_kept_and_theirs_again_or_goes(open_office: OpenOffice) -> None:
    office = open_office()
    stays, leaves = office.user(0), office.user(1)
    staff = office.group("Staff", stays, leaves)
    group_id = dedicated(office, staff, 2)
    host = host_of(office, group_id, leaves)

    sign_in(office, group_id, leaves)
    office.until(lambda: served(office, group_id), says="they work", look=CLOSELY)
    office.leave(staff, leaves)
    office.tell_changed(leaves)
    office.until(lambda: host_of(office, group_id, leaves)["keptUntilDateTime"], says="their host is kept")
    office.until(lambda: power(office, host) == "deallocated", says="it is off")
    assert may_reach(office, group_id) == {stays}
    assert lost(office, group_id) == []

    office.join(staff, leaves)
    office.tell_changed(leaves)
    office.until(lambda: may_reach(office, group_id) == {stays, leaves}, says="they may sign in again")
    office.until(lambda: host_of(office, group_id, leaves)["keptUntilDateTime"] is None, says="it is theirs again")
    assert host_of(office, group_id, leaves)["id"] == host["id"]
    sign_in(office, group_id, leaves)
    office.until(lambda: len(served(office, group_id)) == 2, says="they work again", look=CLOSELY)

    capacity = {"keepLeaversHostInDays": 0}
    office.finish(
        wizard(office, "edit-spot-group", {"group": {"spotGroupId": group_id}, "capacity": {"capacity": capacity}})
    )
    office.leave(staff, leaves)
    office.tell_changed(leaves)
    office.until(lambda: host["id"] not in states(office, group_id), says="their host is removed")
    assert f"host-{host['id']}" not in {each["body"]["name"] for each in office.machines()}
    assert ("remove", "userLeft") in actions(office, group_id)
    assert lost(office, group_id) == []


@pytest.mark.long
def test_a_host_that_is_shut_down_from_inside_is_released_and_another_serves(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, quantity=20)
    ready(office, group_id, 2)
    office.until(lambda: office.powers() == ["deallocated", "running"], says="one host has stopped")
    (host,) = (each for each in hosts(office, group_id) if states(office, group_id)[each["id"]] == "running")
    befalls(office, host, "powerOff")

    office.until(lambda: ("stop", "stillAllocated") in actions(office, group_id), says="it is released")
    office.until(lambda: office.powers() == ["deallocated", "running"], says="the other one runs")
    assert states(office, group_id)[host["id"]] == "stopped"


def served(office: Office, group_id: str) -> list[Json]:
    """The sign-ins into a group that came to a session."""
    return [each for each in sign_ins(office, group_id) if each["outcome"] in {"signedIn", "reconnected"}]


@pytest.mark.long
def test_a_host_that_never_registers_is_replaced_once_while_the_other_serves(open_office: OpenOffice) -> None:
    office = open_office({"attempts": 1})
    office.connection()
    do = [{"method": "POST", "path": "/_sim/config", "body": {"desktopAgents": {"{computer}": "never"}}}]
    after = {"op": "vm.create", "count": 1, "subscription": office.subscription}
    office.stack.tell_cloud("events", {"id": f"{office.name}-never", "when": {"after": after}, "do": do})
    group_id = pooled(office, quantity=20)
    found = ready(office, group_id, 2)

    assert group(office, group_id)["status"] == "available"
    told = actions(office, group_id)
    assert [each for each in told if each[0] == "build"] == [("build", "hostsMissing")] * 3
    assert [each for each in told if each[0] in {"replace", "remove"}] == [("replace", "broken")]
    names = {f"host-{each['id']}" for each in found}
    assert {each["body"]["name"] for each in office.machines()} == names
    remove(office, group_id)
    assert left(office) == []


def at_work(office: Office, group_id: str) -> int:
    """Number of hosts that are being built, repaired or removed."""
    busy = {"build", "restart", "remove"}
    return sum(1 for each in hosts(office, group_id) if each["status"] != "ready" or each["task"] in busy)


@pytest.mark.long
def test_broken_hosts_are_repaired_and_replaced_one_at_a_time(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, quantity=30, capacity={"minimumOnline": 3})
    before = {each["id"]: each["computerName"] for each in ready(office, group_id, 3)}
    office.until(lambda: group(office, group_id)["onlineHosts"] == 3, says="all hosts are online", look=CLOSELY)
    broken = list(before)[:2]
    agents(office, {before[each]: "silent" for each in broken})
    seen: list[int] = []

    def replaced() -> bool:
        seen.append(at_work(office, group_id))
        there = [each["id"] for each in hosts(office, group_id) if each["status"] == "ready"]
        return len(there) == 3 and not set(broken) & set(there)

    office.until(replaced, says="both hosts are replaced", look=STEADILY)
    office.until(lambda: group(office, group_id)["onlineHosts"] == 3, says="all hosts are online")
    told = actions(office, group_id)[len(before) :]
    assert max(seen) == 1
    assert told.count(("replace", "broken")) == len(broken)
    assert told.count(("restart", "broken")) == 2 * len(broken)
    assert len(office.machines()) == 3
    agents(office, {before[each]: None for each in broken})


@pytest.mark.long
def test_a_host_that_is_excluded_is_left_alone_also_when_it_is_idle_or_broken(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, quantity=20, capacity={"minimumOnline": 2})
    first, second = ready(office, group_id, 2)
    office.until(lambda: group(office, group_id)["onlineHosts"] == 2, says="both are online", look=CLOSELY)
    place = f"{office.graph}/spotGroups/{group_id}"
    excluded = office.portal.ask("POST", f"{place}/hosts/{first['id']}/exclude").body
    assert excluded["excluded"] is True
    agents(office, {first["computerName"]: "silent"})
    done = len(actions(office, group_id))

    office.pass_time(timedelta(minutes=30))
    told = decisions(office, group_id)[: len(actions(office, group_id)) - done]
    assert first["id"] not in {each["sessionHostId"] for each in told}
    assert {each["id"] for each in hosts(office, group_id)} == {first["id"], second["id"]}
    assert office.powers() == ["running", "running"]

    office.portal.ask("POST", f"{place}/hosts/{first['id']}/include")
    office.until(lambda: ("restart", "broken") in actions(office, group_id)[done:], says="the engine repairs it")
    agents(office, {first["computerName"]: None})


@pytest.mark.long
def test_a_host_that_a_person_drains_keeps_its_session_and_stays_closed(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group_id = pooled(office, quantity=20)
    ready(office, group_id, 2)
    user = office.named(0)
    office.until(lambda: user in may_reach(office, group_id), says="the user may sign in")
    sign_in(office, group_id, user)
    (first,) = served(office, group_id)
    place = f"{office.graph}/spotGroups/{group_id}"
    (session,) = office.portal.pages(f"{place}/sessions")
    host = session["sessionHostId"]
    office.portal.ask("POST", f"{place}/hosts/{host}/drain")

    office.pass_time(timedelta(minutes=20))
    told = {"user": user, "hostPool": f"spot-{group_id}"}
    office.stack.tell_cloud("desktops/leave", {**told, "how": "disconnect"})
    sign_in(office, group_id, user)
    assert [(each["outcome"], each["session"]) for each in served(office, group_id)] == [
        ("signedIn", first["session"]),
        ("reconnected", first["session"]),
    ]
    office.stack.tell_cloud("desktops/leave", {**told, "how": "signOut"})
    office.pass_time(timedelta(minutes=20))
    drained = next(each for each in hosts(office, group_id) if each["id"] == host)
    assert (drained["allowNewSession"], drained["drainedByHand"]) == (False, True)
    assert lost(office, group_id) == []
    assert {"signedIn", "reconnected"} == {str(each["outcome"]) for each in sign_ins(office, group_id)}


@pytest.mark.long
def test_a_host_that_was_off_for_weeks_runs_for_a_while_so_that_its_token_stays_valid(start_stack: StartStack) -> None:
    stack = start_stack(users=0)
    office = Office(stack, stack.portal(), "tokens").open()
    office.connection()
    group_id = pooled(office, quantity=20)
    ready(office, group_id, 2)
    office.until(lambda: office.powers() == ["deallocated", "running"], says="one host has stopped")
    (off,) = (each["id"] for each in hosts(office, group_id) if states(office, group_id)[each["id"]] == "stopped")

    stack.host.kill()  # the service is away for as long as the engine lets a host be off
    stack.clock.advance(timedelta(days=21, hours=1))
    stack.start_host()
    office.until(lambda: ("wake", "tokenAges") in actions(office, group_id), says="the engine wakes it", look=CLOSELY)
    office.until(lambda: states(office, group_id)[off] == "running", says="it runs", look=CLOSELY)
    office.until(lambda: states(office, group_id)[off] == "stopped", says="it stops again")
    assert [each for each in actions(office, group_id) if each[0] in {"replace", "restart"}] == []
    assert office.machines("Microsoft.DesktopVirtualization/hostPools/sessionHosts")
