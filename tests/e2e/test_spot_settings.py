"""The settings of a Spot Group reach the hosts that it has, and no session loses its profile by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import CLOSELY, Office
from tests.e2e.test_spot_engine import decisions, group, hosts, lost, ready, sign_in, spot_office
from tests.e2e.test_spot_groups import may_reach, wizard

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
OTHER = r"\\other.contoso.com\profiles"


def edit(office: Office, group_id: str, **steps: Json) -> None:
    """Edit a group, and wait until that is done."""
    office.finish(wizard(office, "edit-spot-group", {"group": {"spotGroupId": group_id}, **steps}))


def settings(office: Office, group_id: str) -> dict[str, Any]:
    """The profile path and the time-out of disconnected sessions that each host has, by its id."""
    return {
        each["id"]: (each["settings"]["profilePath"], each["settings"]["disconnectedIdleTimeOutInMinutes"])
        for each in hosts(office, group_id)
    }


def in_windows(office: Office) -> list[tuple[str, str]]:
    """The profile path and the time-out with which the script has run last on each machine."""
    found = []
    for each in office.machines("Microsoft.Compute/virtualMachines/runCommands"):
        if each["body"]["name"] == "deskwright-host":
            given = {one["name"]: one["value"] for one in each["body"]["properties"]["parameters"]}
            found.append((given["ProfilePath"], given["DisconnectedMinutes"]))
    return sorted(found)


def test_settings_reach_hosts_that_are_there_and_the_profiles_only_when_nobody_works(open_office: OpenOffice) -> None:
    office = open_office()
    group_id, names = spot_office(office, 12, capacity={"minimumOnline": 2})
    ready(office, group_id, 2)
    office.until(lambda: len(may_reach(office, group_id)) == 12, says="all may sign in")
    path = next(iter(settings(office, group_id).values()))[0]

    sign_in(office, group_id, names[0])
    office.until(lambda: group(office, group_id)["activeSessions"] == 1, says="one works", look=CLOSELY)
    (busy,) = (each["id"] for each in hosts(office, group_id) if each["activeSessions"])
    (empty,) = (each["id"] for each in hosts(office, group_id) if each["id"] != busy)

    sessions = {"activeIdleTimeOutInMinutes": 60, "disconnectedIdleTimeOutInMinutes": 15, "redirections": {}}
    edit(office, group_id, sessions={"sessions": sessions})
    office.until(
        lambda: settings(office, group_id) == {busy: (path, 15), empty: (path, 15)}, says="both have the time-out"
    )
    assert group(office, group_id)["activeSessions"] == 1

    edit(office, group_id, name={"profilePath": OTHER})
    office.until(lambda: settings(office, group_id)[empty] == (OTHER, 15), says="the empty one has the profiles")
    assert settings(office, group_id)[busy] == (path, 15)
    told = {each["id"]: each["otherSettings"] for each in hosts(office, group_id)}
    assert told == {busy: ["profilePath", "dataPath"], empty: []}  # one path serves for both
    assert group(office, group_id)["hostsWithOtherSettings"] == 1

    sessions_there = list(office.portal.pages(f"{office.graph}/spotGroups/{group_id}/sessions"))
    office.portal.ask(
        "POST",
        f"{office.graph}/spotGroups/{group_id}/sessions/logOff",
        {"sessionIds": [each["id"] for each in sessions_there]},
    )
    office.until(lambda: settings(office, group_id)[busy] == (OTHER, 15), says="the other has them when it is empty")
    office.until(lambda: group(office, group_id)["hostsWithOtherSettings"] == 0, says="no host differs")
    assert in_windows(office) == [(OTHER, "15"), (OTHER, "15")]
    assert {each["reason"] for each in decisions(office, group_id) if each["action"] == "configure"} == {
        "settingsDiffer"
    }
    assert [each["cause"] for each in lost(office, group_id)] == ["loggedOff"]  # the operator did that
    office.until(lambda: group(office, group_id)["onlineHosts"] == 2, says="both are open again", look=CLOSELY)


def test_hosts_that_are_off_get_the_settings_and_rest_again(open_office: OpenOffice) -> None:
    """No user comes to a host that was started with the settings of before."""
    office = open_office()
    group_id, _ = spot_office(office, 12)
    ready(office, group_id, 2)
    office.until(lambda: office.powers().count("deallocated") == 1, says="one host rests")
    edit(office, group_id, name={"profilePath": OTHER})
    office.until(
        lambda: {path for path, _ in settings(office, group_id).values()} == {OTHER}, says="both have the settings"
    )
    office.until(lambda: office.powers().count("deallocated") == 1, says="one rests again")
    assert group(office, group_id)["hostsWithOtherSettings"] == 0


def test_a_release_of_the_same_version_brings_a_busy_group_to_its_settings(open_office: OpenOffice) -> None:
    """Its users are told, and signed off to hosts that have them; without a difference there is nothing to release."""
    office = open_office()
    group_id, names = spot_office(office, 8)
    (old,) = (each["id"] for each in ready(office, group_id, 1))
    office.until(lambda: len(may_reach(office, group_id)) == 8, says="all may sign in")
    found = group(office, group_id)
    form = {
        "group": {"spotGroupId": group_id},
        "image": {"imageSetId": found["imageSetId"], "imageVersion": found["imageVersion"]},
        "method": {"method": "immediate"},
    }
    refused = office.portal.send("POST", f"{office.base}/wizards/update-spot-group", form)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (400, "/image/imageVersion")

    sign_in(office, group_id, names[0])
    office.until(lambda: group(office, group_id)["activeSessions"] == 1, says="one works", look=CLOSELY)
    edit(office, group_id, name={"profilePath": OTHER})
    assert settings(office, group_id)[old][0] != OTHER
    begun = wizard(office, "update-spot-group", form)
    assert begun.status == 202, begun.body
    office.until(lambda: old not in settings_of_ready(office, group_id), says="the old host is gone")
    assert {path for path, _ in settings_of_ready(office, group_id).values()} == {OTHER}
    office.until(lambda: office.portal.is_over(begun), says="the release is over")
    assert [each["cause"] for each in lost(office, group_id)] == []


def settings_of_ready(office: Office, group_id: str) -> dict[str, Any]:
    """The settings of the hosts that are built."""
    return {
        each["id"]: (each["settings"]["profilePath"], each["settings"]["disconnectedIdleTimeOutInMinutes"])
        for each in hosts(office, group_id)
        if each["status"] == "ready"
    }
