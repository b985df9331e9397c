"""Users targeted twice, and the policy that applies to them."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.policies.policy import Policy
from shared.domain.wizards.forecast import overlaps, target
from shared.domain.wizards.reviews import ReviewWarning
from tests.unit.wizards import office

PLANS = (office.plan(),)
FIRST = office.policy("p1", "staff", name="First")
LATER = office.NOW + timedelta(days=1)
NAMES = {"staff": "Staff"}


def found(subject: Policy, *members: Any, others: tuple[Policy, ...] = (FIRST,)) -> list[ReviewWarning]:
    return overlaps(target(subject), others, NAMES, members)


def test_a_shared_group_is_named_even_when_the_directory_did_not_answer() -> None:
    (warning,) = overlaps(target(office.policy("p2", "staff", at=LATER, name="Second")), [FIRST], NAMES, None)
    assert warning.message == "Policy First targets group Staff too; First was assigned first and wins."
    assert warning.details is not None
    assert (warning.details["groups"], warning.details["wins"]) == (
        [{"id": "staff", "displayName": "Staff"}],
        ["First"],
    )


def test_members_of_two_groups_are_counted_and_named() -> None:
    both = office.member("ada", "night", "staff", plans=PLANS)
    (warning,) = found(office.policy("p2", "night", at=LATER, name="Second"), both)
    assert warning.message == "Policy First targets 1 member too; First was assigned first and wins."
    assert warning.details is not None
    assert warning.details["users"] == ["ada@acme.example"]


def test_a_policy_that_was_assigned_earlier_wins_against_the_others() -> None:
    both = office.member("ada", "night", "staff", plans=PLANS)
    (warning,) = found(office.policy("p0", "night", at=office.NOW - timedelta(days=1), name="Elder"), both)
    assert warning.message.endswith("Elder was assigned first and wins.")


def test_each_member_may_have_another_winner() -> None:
    elder = office.policy("p0", "night", at=office.NOW - timedelta(days=1), name="Elder")
    subject = office.policy("p2", "staff", "day", at=LATER, name="Second")
    ada = office.member("ada", "staff", "day", plans=PLANS)
    eve = office.member("eve", "staff", "day", "night", plans=PLANS)
    first, second = overlaps(target(subject), [FIRST, elder], NAMES, [ada, eve])
    assert first.message.endswith("the first assigned wins: Elder for 1, First for 1.")
    assert second.message == "Policy Elder targets 1 member too; Elder was assigned first and wins."


@pytest.mark.parametrize(
    "member",
    [
        office.member("joe", "night", plans=PLANS),
        office.member("joe", "night", "staff"),
        office.member("joe", "night", "staff", plans=PLANS, enabled=False),
        office.member("joe", "staff", plans=PLANS),
    ],
    ids=["in one only", "no licence", "disabled", "in the other only"],
)
def test_who_gets_nothing_or_is_targeted_once_is_no_overlap(member: Any) -> None:
    assert found(office.policy("p2", "night", at=LATER), member) == []


def test_a_policy_does_not_overlap_with_itself_nor_with_one_that_is_not_assigned() -> None:
    both = office.member("ada", "night", "staff", plans=PLANS)
    subject = office.policy("p2", "night", "staff", at=LATER)
    assert found(subject, both, others=(subject, FIRST.but(assignments=()))) == []
