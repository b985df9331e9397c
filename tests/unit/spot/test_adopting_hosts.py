"""Adopting a session host: whether its machine may be unknown, what does not agree, and its record."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.cloud_pcs.build import Resources
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.spot.engine.seeing import HostReport, build_took, seen_after
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.hosts.adopting import (
    HostClaim,
    HostSighting,
    adopted_host,
    contradictions_of_host,
    image_version_of,
    numbers_of,
    unknown_host,
)
from shared.domain.spot.hosts.host import HostStatus, host_id
from shared.domain.spot.hosts.observed import AgentStatus
from shared.domain.spot.hosts.release import ImageOfGroup
from tests.integration import things
from tests.integration.desks import GROUP_ID, image_version, session_host, spot_group

AT = things.NOW
GALLERY = "/galleries/g/images/i/versions/1.0.0"
SEEN = HostSighting(
    resources=Resources(vm_id="/vms/h", computer_name="SPOT-1", session_host="SPOT-1"),
    made_at=AT - timedelta(days=3),
    image=ImageSource(gallery_version_id=GALLERY),
    admits=True,
    agent="Available",
)
VERSION = ImageOfGroup(image_set_id="set", image_version="1.0.0")


def why_not(sighting: HostSighting = SEEN, claim: HostClaim | str = HostClaim(), number: int | None = 1) -> str:  # noqa: B008 - frozen
    return contradictions_of_host(sighting, spot_group(), claim, number) or ""


def test_only_without_a_record_or_after_a_restore_a_machine_is_unknown() -> None:
    assert unknown_host(None, restored=False)
    for status in HostStatus:
        known = session_host(1, status=status)
        assert not unknown_host(known, restored=False)
        assert unknown_host(known, restored=True) == (status in {HostStatus.PENDING, HostStatus.BUILDING})


def test_pool_number_image_and_user_have_to_agree() -> None:
    assert why_not() == ""
    assert "not in the host pool" in why_not(SEEN.but(resources=Resources(vm_id="/vms/h")))
    assert "none that the Spot Group" in why_not(number=None)
    assert "from which image" in why_not(SEEN.but(image=None))
    assert why_not(SEEN.but(assigned_user="ada"), "an unknown user") == "it is assigned to ada, an unknown user"
    assert "so is the session host SPOT-2" in why_not(claim=HostClaim(user_id="u", held_by="SPOT-2"))


def test_the_number_of_a_host_is_found_far_beyond_what_a_lost_state_knows() -> None:
    wanted = {host_id(GROUP_ID, 4), host_id(GROUP_ID, 700), host_id("another", 1)}
    assert numbers_of(GROUP_ID, wanted, 0) == {host_id(GROUP_ID, 4): 4, host_id(GROUP_ID, 700): 700}


def test_the_version_is_that_of_the_image_or_its_number_in_the_gallery() -> None:
    group, first = spot_group(), image_version("0.0.0", gallery_version_id=None)
    other = image_version("3.1.4", image_set_id="other")
    source = ImageSource(marketplace=MarketplaceImage(publisher="P", offer="O", sku="s"))
    assert image_version_of(ImageSource(gallery_version_id=GALLERY.upper()), group, [image_version()]) == VERSION
    found = image_version_of(other.image, group, [image_version(), other])
    assert found == ImageOfGroup(image_set_id="other", image_version="3.1.4")
    lost = ImageSource(gallery_version_id="/galleries/g/images/i/versions/2.0.1")
    assert image_version_of(lost, group, [image_version()]) == VERSION.but(image_version="2.0.1")
    sourced = first.but(source=source)
    assert image_version_of(source, group, [image_version(), sourced]) == VERSION.but(image_version="0.0.0")


@pytest.mark.parametrize("changes", [{}, {"admits": False}, {"admits": False, "agent": "Shutdown", "sessions": 1}])
def test_an_adopted_host_is_ready_and_teaches_nothing_about_builds(changes: dict[str, Any]) -> None:
    made = adopted_host(None, "h", SEEN.but(**changes), spot_group(), HostClaim(), VERSION, AT)
    assert (made.status, made.image_version, made.proven, made.applied) == (HostStatus.READY, "1.0.0", True, None)
    looked = seen_after(made, HostReport(agent=AgentStatus.AVAILABLE), AT + timedelta(minutes=1))
    assert build_took(made, looked) is None
    assert looked.empty_since == AT + timedelta(minutes=1)  # it has been empty for no longer than it is known


def test_a_host_that_is_off_and_closed_is_not_proven_by_being_there() -> None:
    off = SEEN.but(admits=False, agent="Shutdown")
    assert adopted_host(None, "h", off, spot_group(), HostClaim(), VERSION, AT).proven is None


def test_a_host_of_one_user_stays_theirs() -> None:
    claim = HostClaim(user_id="id-ada")
    dedicated = spot_group(license_type=LicenseType.PERSONAL_DEDICATED)
    assert adopted_host(None, "h", SEEN, dedicated, claim, VERSION, AT).assigned_user_id == "id-ada"
    assert adopted_host(None, "h", SEEN, spot_group(), claim, VERSION, AT).assigned_user_id is None
