"""docs/notes/product.md 3.9 and 3.10: who loses licence or policy has a grace period; at its end the Cloud PC goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.cloud_pc import RemovalCause
from tests.e2e.office import MEDIUM, SMALL, Office

BAD_REQUEST, CONFLICT = 400, 409
GRACE = timedelta(hours=2)
"""Grace period of the policy instead of a week: time that passes costs a test the ticks of every timer."""
OpenOffice = Callable[..., Office]
Lose = Callable[[Office, str, str], Any]


def unassign(office: Office, _user: str, _group: str) -> None:
    """Assign the policy to somebody else; a group of nobody would not be believed."""
    office.assign(office.only_policy(), office.group("Others", office.user(91)))


LOSSES: dict[str, Lose] = {
    "licenseRemoved": lambda office, user, _: office.take(user, SMALL),
    "userLeftGroup": lambda office, user, group: office.leave(group, user),
    "userDisabled": lambda office, user, _: office.change_user(user, accountEnabled=False),
    "groupUnassigned": unassign,
}
LATER = "userDisabled"
"""The cause that make long tries; ``tests/integration/test_disabled_accounts.py`` has it in make test."""
REGAINS: dict[str, Lose] = {
    "licenseRemoved": lambda office, user, _: office.give(user, SMALL),
    "userLeftGroup": lambda office, user, group: office.join(group, user),
    "userDisabled": lambda office, user, _: office.change_user(user, accountEnabled=True),
    "groupUnassigned": lambda office, _, group: office.assign(office.only_policy(), group),
}


def provisioned(office: Office, count: int = 1) -> tuple[list[str], str]:
    """Let *count* users of an office have their Cloud PC; return them and their group."""
    users = [office.user(number, SMALL) for number in range(1, count + 1)]
    group = office.group("Everybody", *users, office.user(90, SMALL))
    office.policy("Desks", office.connection(), group, gracePeriodInHours=2)
    for user in users:
        assert office.settled(user)["status"] == "provisioned"
    return users, group


@pytest.fixture(scope="module")
def desk(shared_office: Office) -> tuple[Office, str, str]:
    """An office, the user of its one Cloud PC and their group; whoever takes the reason away gives it back."""
    settings = {"settings": {"disabledAccountStartsGrace": True}}
    shared_office.portal.ask("PATCH", shared_office.base, settings)
    (user,), group = provisioned(shared_office)
    return shared_office, user, group


@pytest.mark.parametrize(
    "cause", [pytest.param(cause, marks=[pytest.mark.long] if cause == LATER else []) for cause in LOSSES]
)
def test_whoever_loses_his_reason_has_a_week_and_whoever_regains_it_keeps_everything(
    desk: tuple[Office, str, str], cause: str
) -> None:
    office, user, group = desk
    before = office.cloud_pc_of(user)
    LOSSES[cause](office, user, group)
    office.tell_changed(user)
    pc = office.reaches(user, "inGracePeriod")
    grace = pc["@deskwright.grace"]
    assert (grace["cause"], grace["held"]) == (cause, False)
    assert pc["gracePeriodEndDateTime"] == grace["endDateTime"]
    assert 0 < grace["secondsLeft"] <= GRACE.total_seconds()
    assert RemovalCause(cause).words in office.explain(user)["cloudPcs"][0]["because"]
    REGAINS[cause](office, user, group)
    office.tell_changed(user)
    after = office.reaches(user, "provisioned")
    assert after["@deskwright.grace"] is None
    assert (after["id"], after["managedDeviceId"]) == (before["id"], before["managedDeviceId"])


def test_at_the_end_the_user_is_signed_off_and_nothing_is_left(open_office: OpenOffice) -> None:
    office = open_office({"cleanUpDelayInHours": 1})
    (user,), group = provisioned(office)
    name = office.cloud_pc_of(user)["managedDeviceName"]
    machines = len(office.machines())
    office.leave(group, user)
    office.tell_changed(user)
    office.reaches(user, "inGracePeriod")
    office.pass_time(GRACE)
    office.until(lambda: office.powers() == ["deallocated", "running"], says="its machine has stopped")
    assert office.reaches(user, "deprovisioning")["statusDetail"]["message"]
    assert office.devices(name)  # until the clean-up
    office.pass_time(timedelta(hours=1, minutes=10))
    office.reaches(user, "notProvisioned")
    assert office.devices(name) == []
    assert len(office.machines()) == machines - 1
    assert office.invariants() == []


def test_whose_licence_is_gone_too_has_no_record_left(open_office: OpenOffice) -> None:
    office = open_office({"cleanUpDelayInHours": 0})
    (user,), _ = provisioned(office)
    office.take(user, SMALL)
    office.tell_changed(user)
    pc = office.reaches(user, "inGracePeriod")
    assert office.act(pc, "endGracePeriod")["kind"] == "endGracePeriod"
    office.pass_time(timedelta(minutes=20))
    office.until(lambda: not office.cloud_pcs_of(user), says="the record is gone")
    assert office.invariants() == []


@pytest.mark.long
def test_another_policy_s_cloud_pc_follows_the_end_of_the_old_one(open_office: OpenOffice) -> None:
    office = open_office()
    (user,), group = provisioned(office)
    other = office.group("Others", user)
    office.policy("New desks", office.connection("Second"), other)
    office.leave(group, user)
    office.tell_changed(user)
    pc = office.reaches(user, "inGracePeriod")
    assert pc["provisioningPolicyName"] == "Desks"
    office.act(pc, "endGracePeriod")
    office.until(
        lambda: (
            office.cloud_pc_of(user)["provisioningPolicyName"] == "New desks"
            and office.cloud_pc_of(user)["status"] == "provisioned"
        ),
        says="the next policy's Cloud PC has followed",
    )
    assert office.invariants() == []


@pytest.mark.long
def test_a_grace_period_is_extended_held_and_released(open_office: OpenOffice) -> None:
    office = open_office()
    (user,), group = provisioned(office)
    office.leave(group, user)
    office.tell_changed(user)
    pc = office.reaches(user, "inGracePeriod")
    place = f"{office.base}/cloudPCs/{pc['id']}"
    held = office.portal.ask("POST", f"{place}/holdGrace").body
    assert held["held"] is True
    office.pass_time(GRACE * 1.5)
    assert office.cloud_pc_of(user)["status"] == "inGracePeriod"
    office.portal.ask("POST", f"{place}/holdGrace", {"held": False})
    extended = office.portal.ask("POST", f"{place}/extendGrace", {"hours": 1}).body
    assert extended["secondsLeft"] > GRACE.total_seconds()
    office.pass_time(GRACE)
    assert office.cloud_pc_of(user)["status"] == "inGracePeriod"
    office.pass_time(timedelta(hours=1, minutes=10))
    office.until(lambda: office.cloud_pc_of(user)["status"] != "inGracePeriod", says="its grace period has ended")


def test_only_what_has_a_grace_period_can_have_it_changed(desk: tuple[Office, str, str]) -> None:
    office, user, _ = desk
    pc = office.cloud_pc_of(user)
    place = f"{office.base}/cloudPCs/{pc['id']}"
    for path, body in (
        (f"{place}/extendGrace", {"hours": 1}),
        (f"{place}/holdGrace", {}),
        (f"{place}/confirmRemoval", {}),
        (f"{office.graph}/cloudPCs/{pc['id']}/endGracePeriod", None),
    ):
        assert office.portal.send("POST", path, body).status == CONFLICT
    assert office.portal.send("POST", f"{place}/extendGrace", {"hours": 0}).status == BAD_REQUEST
    assert office.cloud_pc_of(user) == pc


def test_what_is_being_built_is_cancelled_and_cleaned_up(open_office: OpenOffice) -> None:
    office = open_office({"cleanUpDelayInHours": 0})
    user = office.user(1, SMALL)
    group = office.group("Everybody", user, office.user(90))
    office.break_cloud("extension.create", {"kind": "delay", "add": 3600})
    office.policy("Desks", office.connection(), group)
    office.until(office.machines, says="the machine is there")
    office.leave(group, user)
    office.tell_changed(user)
    office.until(lambda: office.cloud_pc_of(user)["status"] == "deprovisioning", says="it is cancelled")
    office.mend_cloud("extension.create")
    office.pass_time(timedelta(hours=1, minutes=30))
    office.reaches(user, "notProvisioned")
    assert office.machines() == []
    assert office.invariants() == []


def test_more_removals_than_the_brake_allows_wait_to_be_confirmed(open_office: OpenOffice) -> None:
    office = open_office({"removalBrake": {"count": 1, "percent": 20}})
    users, group = provisioned(office, 3)
    office.leave(group, *users[:2])
    office.tell_changed()
    waiting = office.until(office.removals, says="two removals wait")
    assert sorted(each["userPrincipalName"] for each in waiting) == sorted(users[:2])
    assert {each["cause"] for each in waiting} == {"userLeftGroup"}
    assert {pc["status"] for pc in office.cloud_pcs() if pc["userPrincipalName"] in users} == {"provisioned"}
    assert "waits to be confirmed" in office.explain(users[0])["cloudPcs"][0]["because"]
    (first,) = [each for each in waiting if each["userPrincipalName"] == users[0]]
    office.portal.ask("POST", f"{office.base}/cloudPCs/{first['cloudPcId']}/confirmRemoval")
    office.reaches(users[0], "inGracePeriod")
    assert office.cloud_pc_of(users[1])["status"] == "provisioned"
    office.join(group, users[1])
    office.tell_changed()
    office.until(lambda: not office.removals(), says="no removal waits any more")


def test_a_group_that_answers_empty_takes_nothing_from_anybody(open_office: OpenOffice) -> None:
    office = open_office()
    (user,), group = provisioned(office)
    second = office.user(2, SMALL)
    office.policy("Second", office.connection("Other"), office.group("Second", second))
    office.settled(second)
    office.leave(group, user, office.named(90))
    office.tell_changed()
    waiting = office.until(office.removals, says="the removals wait")
    assert user in {each["userPrincipalName"] for each in waiting}
    assert all("without a single user" in each["why"] for each in waiting)
    assert office.cloud_pc_of(user)["status"] == "provisioned"


def standings(office: Office, policy: str) -> dict[str, str]:
    """Status of each member, as soon as the directory shows them."""
    users = office.portal.pages(f"{office.graph}/provisioningPolicies/{policy}/users")
    return {each["user"]["userPrincipalName"]: each["standing"] for each in users}


def test_a_cloud_pc_in_grace_holds_its_licence_and_the_next_one_waits_in_line(open_office: OpenOffice) -> None:
    office = open_office({"licenceSource": "seats", "seats": {MEDIUM: 1}, "cleanUpDelayInHours": 0})
    first, second, third = (office.user(number) for number in (1, 2, 3))
    group = office.group("Everybody", first)
    policy = office.policy("Desks", office.connection(), group)
    assert office.settled(first)["status"] == "provisioned"
    office.join(group, second)
    assert [each["licensed"] for each in office.explain(first)["cloudPcs"]] == [True]
    assert office.explain(second)["cloudPcs"] == []
    office.until(
        lambda: standings(office, policy) == {first: "has", second: "lacks"},
        says="one has the seat, the other lacks it",
    )
    office.leave(group, first)
    office.tell_changed()
    pc = office.reaches(first, "inGracePeriod")
    waiting = office.reaches(second, "pendingProvision")
    assert "position 1 in the queue" in waiting["statusDetail"]["message"]
    assert office.cloud_pcs_of(third) == []
    office.act(pc, "endGracePeriod")
    office.pass_time(timedelta(minutes=20))
    assert office.settled(second)["status"] == "provisioned"
