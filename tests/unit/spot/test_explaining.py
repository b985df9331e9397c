"""Why a user has, or waits for, a desktop of a Spot Group; and which decisions are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.spot.engine.state import (
    KEPT,
    Decisions,
    DesktopExplanation,
    EngineStep,
    SpotGroupState,
    SpotGroupStatus,
    explain_desktop,
)
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.members import MemberStatus, Rights, SpotMember
from shared.domain.spot.hosts.host import HostStatus
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from tests.unit.spot.test_seeing import host, seen
from tests.unit.wizards.test_create_spot_group import GROUP

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
STATE = SpotGroupState(id=GROUP.id, tenant_id="acme", status=SpotGroupStatus.AVAILABLE, hosts=3, online=1, free_seats=7)


def member(name: str, minutes: int, **changes: Any) -> SpotMember:
    usual = {"status": MemberStatus.ENTITLED, "rights": Rights.GRANTED, "changed_date_time": NOW}
    return SpotMember(
        id=name,
        tenant_id="acme",
        group_id=GROUP.id,
        user_id=name,
        user_principal_name=f"{name}@contoso.example",
        first_seen_date_time=NOW + timedelta(minutes=minutes),
        **{**usual, **changes},
    )


def explained(name: str, *members: SpotMember, **more: Any) -> DesktopExplanation:
    known: dict[str, Any] = {"group": GROUP, "state": STATE, "hosts": (), **more}
    return explain_desktop(**known, members=members, user=(name, f"{name}@contoso.example"), at=NOW)


def test_who_waits_is_told_how_many_wait_before_them() -> None:
    waits = {"status": MemberStatus.WAITING, "rights": Rights.NONE}
    found = explained("eve", member("ada", 0), member("bob", 1, **waits), member("eve", 2, **waits))
    assert (found.place_in_line, found.may_sign_in) == (2, False)
    assert found.reasons[0] == "All 30 licences of the group are taken; the user is number 2 of 2 who wait."


def test_who_may_sign_in_is_told_what_the_group_offers() -> None:
    found = explained("ada", member("ada", 0))
    assert found.reasons == ("1 of 3 hosts are online, with 7 free seats.",)
    parked = STATE.but(status=SpotGroupStatus.PARKED, cause="Connection Hosted is failed.")
    assert explained("ada", member("ada", 0), state=parked).reasons[0] == "Connection Hosted is failed."


def test_who_is_no_member_or_has_no_rights_yet_is_told_so() -> None:
    assert "none of the group's groups" in explained("eve").reasons[0]
    assert "being given" in explained("ada", member("ada", 0, rights=Rights.GRANTING)).reasons[0]
    held = member("ada", 0, status=MemberStatus.REMOVAL_HELD, held_because="5 of 5 members would lose access at once")
    assert "waits for a confirmation" in explained("ada", held).reasons[0]


def test_rights_that_were_just_given_count_ten_minutes_later() -> None:
    ada = member("ada", 0, rights_given_at=NOW - timedelta(minutes=9))
    found = explained("ada", ada)
    assert not found.may_sign_in
    assert found.reasons[0].endswith(f"they count by {NOW + timedelta(minutes=1):%H:%M} UTC at the latest.")
    assert ada.may_sign_in(NOW + timedelta(minutes=1))
    assert member("ada", 0).may_sign_in(NOW)  # of a release that did not write it down


def test_of_a_dedicated_desktop_the_users_own_host_is_told() -> None:
    dedicated = GROUP.but(license_type=LicenseType.PERSONAL_DEDICATED)
    own = host(assigned_user_id="ada", seen=seen(state="stopped", agent="Shutdown"))
    found = explained("ada", member("ada", 0), group=dedicated, hosts=(own,))
    assert found.session_host_id == "h1"
    assert found.reasons == ("The user's host is stopped; its agent reports Shutdown.",)
    waits = own.but(status=HostStatus.PENDING, parked_because="no capacity")
    assert explained("ada", member("ada", 0), group=dedicated, hosts=(waits,)).reasons == (
        "The user's host is pending: no capacity.",
    )
    assert "No host has been given" in explained("ada", member("ada", 0), group=dedicated).reasons[0]
    kept = own.but(kept_until=NOW)
    assert (
        explained("ada", group=dedicated, hosts=(kept,)).reasons[1].startswith("The host that was the user's is kept")
    )


def step(number: int, action: EngineAction = EngineAction.START) -> EngineStep:
    return EngineStep(session_host_id=f"h{number}", action=action, reason=Reason.SEATS_NEEDED, text="")


def test_the_newest_decisions_come_first_and_old_ones_go() -> None:
    kept = Decisions(id="g", tenant_id="acme")
    for number in range(KEPT + 1):
        kept = kept.with_steps([step(number)], NOW + timedelta(minutes=number))
    assert len(kept.decisions) == KEPT
    assert (kept.decisions[0].session_host_id, kept.decisions[-1].session_host_id) == (f"h{KEPT}", "h1")


def test_what_is_decided_again_soon_is_there_once() -> None:
    once = Decisions(id="g", tenant_id="acme").with_steps([step(1)], NOW)
    assert once.with_steps([step(1)], NOW + timedelta(minutes=59)) == once
    assert len(once.with_steps([step(1, EngineAction.STOP)], NOW).decisions) == 2
    assert len(once.with_steps([step(1)], NOW + timedelta(hours=1)).decisions) == 2
    again = step(1).but(run=1)  # the host has been started since
    assert len(once.with_steps([again], NOW + timedelta(minutes=5)).decisions) == 2
