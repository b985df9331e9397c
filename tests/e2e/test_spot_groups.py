"""Spot Groups over HTTP: made by the wizard, members with a place and without, edited, paused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import Office
from tests.e2e.test_image_sets import new_set

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def group_form(office: Office, image_set: str, *groups: str, quantity: int = 2, **steps: Any) -> Json:
    """Return the form of a pooled group; *steps* replace whole steps."""
    return {
        "name": {"displayName": "Office", "friendlyName": "Office desktop"},
        "profile": {"profilePath": r"\\files.contoso.com\profiles"},
        "license": {"licenseType": "pooled", "quantity": quantity},
        "site": {"siteId": "main"},
        "groups": {"groupIds": list(groups)},
        "image": {"imageSetId": image_set, "imageVersion": "0.0.0"},
        **steps,
    }


def wizard(office: Office, name: str, form: Json, *, review: bool = False) -> Any:
    """Send a form to a wizard."""
    return office.portal.ask("POST", f"{office.base}/wizards/{name}{'/review' if review else ''}", form)


def members(office: Office, group_id: str) -> dict[str, Json]:
    """The members of a group by their user names."""
    found = office.portal.pages(f"{office.graph}/spotGroups/{group_id}/members")
    return {each["userPrincipalName"]: each for each in found}


def may_reach(office: Office, group_id: str) -> set[str]:
    """The users who have the rights to sign in."""
    return {name for name, each in members(office, group_id).items() if each["maySignIn"]}


def rights(office: Office, user: str) -> set[str]:
    """The scopes at which the simulated Azure has a role assignment of a user."""
    user_id = office.user_id(user)
    found = office.machines(_ASSIGNMENTS)
    return {
        each["id"].rpartition("/providers/Microsoft.Authorization")[0].rpartition("/")[2]
        for each in found
        if each["body"]["properties"]["principalId"] == user_id
    }


def test_the_first_members_have_a_place_and_the_others_wait(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    image_set = new_set(office)["id"]
    names = [office.user(number) for number in range(3)]
    staff = office.group("Staff", *names)
    form = group_form(office, image_set, staff)

    def reviewed() -> Json | None:
        found: Json = wizard(office, "create-spot-group", form, review=True).body
        return found if found["wouldHappen"]["details"]["members"] == len(names) else None

    review = office.until(reviewed, says="the directory shows the members")
    assert review["valid"] is True
    assert [each["concern"] for each in review["warnings"]] == ["quantityDiffers"]
    assert review["wouldHappen"]["details"]["waiting"] == 1

    made = wizard(office, "create-spot-group", form)
    assert made.status == 201
    group_id = made.body["id"]
    office.until(lambda: len(may_reach(office, group_id)) == 2, says="two members may sign in")
    (waiting,) = (name for name, each in members(office, group_id).items() if each["status"] == "waiting")
    assert waiting not in may_reach(office, group_id)
    assert rights(office, waiting) == set()

    leaver = next(name for name in names if name != waiting)
    office.leave(staff, leaver)
    office.finish(wizard(office, "edit-spot-group", {"group": {"spotGroupId": group_id}, "notes": {"notes": "left"}}))
    stayed = {name for name in names if name != leaver}  # the rights of who waited count some minutes later
    office.until(lambda: may_reach(office, group_id) == stayed, says="the member who waited may sign in")
    assert rights(office, leaver) == set()
    office.until(lambda: leaver not in members(office, group_id), says="the leaver's taken roles count no longer")
    assert len(rights(office, waiting)) == 2


def test_a_directory_that_shows_nobody_takes_nobodys_access_until_it_is_confirmed(open_office: OpenOffice) -> None:
    office = open_office({"removalBrake": {"count": 0, "percent": 0}})
    office.connection()
    names = [office.user(number) for number in range(2)]
    staff = office.group("Staff", *names)
    made = wizard(office, "create-spot-group", group_form(office, new_set(office)["id"], staff))
    group_id = made.body["id"]
    office.until(lambda: len(may_reach(office, group_id)) == 2, says="both may sign in")

    office.leave(staff, names[0])
    again = {"group": {"spotGroupId": group_id}, "notes": {"notes": "look"}}
    office.finish(wizard(office, "edit-spot-group", again))
    held = members(office, group_id)[names[0]]
    assert (held["status"], held["maySignIn"]) == ("removalHeld", True)
    office.finish(office.portal.ask("POST", f"{office.graph}/spotGroups/{group_id}/confirmRemovals"))
    assert members(office, group_id)[names[0]]["status"] == "leaving"
    assert (may_reach(office, group_id), rights(office, names[0])) == ({names[1]}, set())
    office.until(lambda: set(members(office, group_id)) == {names[1]}, says="taken roles count no longer")

    office.leave(staff, names[1])
    office.finish(wizard(office, "edit-spot-group", {**again, "notes": {"notes": "nobody"}}))
    assert may_reach(office, group_id) == {names[1]}


def test_what_a_group_needs_cannot_be_deleted_under_it(open_office: OpenOffice) -> None:
    office = open_office()
    connection = office.connection()
    image_set = new_set(office)["id"]
    staff = office.group("Staff", office.user(0))
    made = wizard(office, "create-spot-group", group_form(office, image_set, staff))
    for address, kind in (
        (f"{office.graph}/onPremisesConnections/{connection}", "spotGroups"),
        (f"{office.base}/sites/main", "spotGroups"),
        (f"{office.graph}/imageSets/{image_set}", "spotGroups"),
    ):
        refused = office.portal.send("DELETE", address)
        assert refused.status == 409
        assert "Office" in str(refused.body), kind
    twice = office.portal.send("POST", f"{office.base}/wizards/create-spot-group", group_form(office, image_set, staff))
    assert (twice.status, twice.body["errors"][0]["pointer"]) == (400, "/name/displayName")
    paused = office.portal.ask("POST", f"{office.graph}/spotGroups/{made.body['id']}/pause", {"reason": "move"})
    assert (paused.body["status"], paused.body["paused"]["reason"]) == ("paused", "move")
    resumed = office.portal.ask("POST", f"{office.graph}/spotGroups/{made.body['id']}/resume")
    assert resumed.body["paused"] is None


def test_a_group_builds_its_hosts_and_leaves_nothing_when_it_is_deleted(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    staff = office.group("Staff", *(office.user(number) for number in range(3)))
    made = wizard(office, "create-spot-group", group_form(office, new_set(office)["id"], staff, quantity=20))
    place = f"{office.graph}/spotGroups/{made.body['id']}"

    def group() -> Json:
        found: Json = office.portal.ask("GET", place).body
        return found

    office.until(lambda: group()["status"] == "available", says="somebody can sign in")
    office.until(
        lambda: [each["status"] for each in office.portal.pages(f"{place}/hosts")] == ["ready", "ready"],
        says="both hosts are built",
    )
    owned = [each for each in office.machines() if "spot" in each["id"].lower()]
    assert len(owned) == 2

    first = office.portal.send("DELETE", place)
    assert (first.status, first.body["error"]["innerError"]["wouldRemove"]["hosts"]) == (409, 2)
    office.finish(office.portal.ask("DELETE", f"{place}?confirm=true"))
    assert office.portal.send("GET", place).status == 404
    left = {
        each["id"]
        for kind in (
            "Microsoft.Compute/virtualMachines",
            "Microsoft.Compute/disks",
            "Microsoft.Network/networkInterfaces",
            "Microsoft.DesktopVirtualization/hostPools",
        )
        for each in office.machines(kind)
        if made.body["id"] in each["id"]
    }
    assert left == set()
    assert office.invariants() == []
