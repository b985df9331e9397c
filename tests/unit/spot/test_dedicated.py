"""Owner of a dedicated host."""

from datetime import UTC, datetime, timedelta

from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.spot.groups.members import MemberStatus, SpotMember
from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.domain.spot.hosts.sessions import kept, next_owner

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def host(number: int, owner: str | None = None, status: HostStatus = HostStatus.BUILDING) -> SessionHost:
    return SessionHost(
        id=f"h{number}",
        tenant_id="contoso",
        spot_group_id="g",
        status=status,
        image_set_id="s",
        image_version="1.0.0",
        image=ImageSource(marketplace=MarketplaceImage(publisher="p", offer="o", sku="s")),
        connection_id="c",
        assigned_user_id=owner,
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )


def member(name: str, minutes: int, status: MemberStatus = MemberStatus.ENTITLED) -> SpotMember:
    return SpotMember(
        id=f"m-{name}",
        tenant_id="contoso",
        group_id="g",
        user_id=name,
        user_principal_name=f"{name}@contoso.example",
        status=status,
        first_seen_date_time=NOW + timedelta(minutes=minutes),
        changed_date_time=NOW,
    )


ADA, BEN, CLEO = member("ada", 0), member("ben", 1), member("cleo", 2, MemberStatus.WAITING)


def test_who_was_seen_first_gets_the_first_host() -> None:
    assert next_owner("h1", [host(1)], [BEN, ADA]) == "ada"


def test_who_has_a_host_gets_no_second_one() -> None:
    assert next_owner("h2", [host(1, "ada"), host(2)], [ADA, BEN]) == "ben"


def test_who_has_no_place_gets_none() -> None:
    assert next_owner("h3", [host(1, "ada"), host(2, "ben"), host(3)], [ADA, BEN, CLEO]) is None


def test_a_host_keeps_its_owner_also_when_they_have_lost_their_place() -> None:
    assert next_owner("h1", [host(1, "cleo")], [ADA, BEN, CLEO]) == "cleo"


def test_of_two_hosts_that_claimed_one_member_the_lesser_keeps_them() -> None:
    both = [host(1, "ada"), host(2, "ada")]
    assert (next_owner("h1", both, [ADA, BEN]), next_owner("h2", both, [ADA, BEN])) == ("ada", "ben")


def test_a_host_that_goes_frees_its_owner() -> None:
    assert next_owner("h2", [host(1, "ada", HostStatus.REMOVING), host(2)], [ADA]) == "ada"


def test_the_host_of_who_has_lost_their_place_is_kept_until_the_day_that_was_noted_first() -> None:
    until, hers = NOW + timedelta(days=7), host(1, "ada")
    assert kept(hers, {"ada"}, until) == hers
    assert kept(host(1), {"ada"}, until) == host(1)
    left = kept(hers, {"ben"}, until)
    assert left.kept_until == until
    assert kept(left, {"ben"}, until + timedelta(days=1)) == left
    assert kept(left, {"ada", "ben"}, until) == hers  # back in time: the host is theirs as before
