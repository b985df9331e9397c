"""Seats are handed out as planning does it, and shown as they are handed out."""

from datetime import timedelta

from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.planning.entitlements import Entitlement, seat_plans, seat_units, seated, with_seats
from shared.domain.tenants.tenant import TenantSettings
from tests.integration import things

MEDIUM, LARGE = "CPC_E_2C_8GB_128GB", "CPC_E_4C_16GB_128GB"


def bought(seats: dict[str, int]) -> TenantSettings:
    return TenantSettings(seats=seats)


def member(name: str) -> Entitlement:
    return Entitlement(user=User(id=name, user_principal_name=f"{name}@x", display_name=name), group_ids=frozenset("g"))


def test_only_cloud_pc_licences_are_seats() -> None:
    assert set(seat_plans(bought({MEDIUM: 2, "SPE_E5": 9}))) == {MEDIUM}
    assert seat_units(bought({MEDIUM: 2, "SPE_E5": 9})) == {MEDIUM: 2}


def test_who_has_a_cloud_pc_keeps_the_seat_and_who_was_seen_first_follows() -> None:
    plan = seat_plans(bought({MEDIUM: 1}))[MEDIUM]
    held = things.cloud_pc("zoe", plan=plan)
    seen = {"bob": things.NOW, "cid": things.NOW, "ada": things.NOW + timedelta(minutes=1)}
    everybody = [held.user.id, "ada", "cid", "bob", "abe"]
    assert set(seated(bought({MEDIUM: 2}), everybody, [held], seen)) == {held.user.id, "bob"}
    assert set(seated(bought({MEDIUM: 4}), everybody, [held], seen)) == {held.user.id, "bob", "cid", "ada"}


def test_members_are_shown_with_seats_and_not_with_what_the_directory_reports() -> None:
    other = seat_plans(bought({LARGE: 1}))[LARGE]
    shown = with_seats([member("ada").but(plans=(other,)), member("bob")], bought({MEDIUM: 1}), [], {})
    assert [[plan.id for plan in each.plans] for each in shown] == [[MEDIUM], []]
    assert all(each.group_ids for each in shown)
