"""The place of the profiles of a host, and that no host loses them from sight."""

from shared.domain.networks.connection import JoinType
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.hosts.host import (
    AppliedWindows,
    ProfileContainers,
    differing_settings,
    of_existing_host,
    settings_drift,
    windows_of,
)
from shared.domain.spot.hosts.observed import SettingsDrift
from tests.integration import desks, things

DEDICATED = desks.spot_group(license_type=LicenseType.PERSONAL_DEDICATED)
WANTED = windows_of(DEDICATED, JoinType.AZURE_AD_JOIN)
EARLIER = AppliedWindows(windows=WANTED.but(containers=ProfileContainers.ON), at=things.NOW)


def test_only_new_dedicated_hosts_keep_profiles_on_their_disk() -> None:
    kinds = {kind: windows_of(desks.spot_group(license_type=kind), JoinType.AZURE_AD_JOIN) for kind in LicenseType}
    assert {kind for kind, each in kinds.items() if each.containers is ProfileContainers.OFF} == {
        LicenseType.PERSONAL_DEDICATED
    }


def test_a_dedicated_host_of_an_earlier_release_keeps_its_containers_and_differs_in_nothing() -> None:
    assert of_existing_host(WANTED, EARLIER) == EARLIER.windows
    assert settings_drift(EARLIER, WANTED) is SettingsDrift.NONE


def test_its_containers_follow_the_share_of_the_group() -> None:
    moved = windows_of(DEDICATED.but(profile_path=r"\\files\new"), JoinType.AZURE_AD_JOIN)
    assert differing_settings(EARLIER, moved) == ("profile_path",)
    assert of_existing_host(moved, EARLIER).containers is ProfileContainers.ON


def test_a_share_is_nothing_to_a_host_with_profiles_on_its_disk() -> None:
    moved = windows_of(DEDICATED.but(profile_path=r"\\files\new"), JoinType.HYBRID_AZURE_AD_JOIN)
    assert settings_drift(AppliedWindows(windows=WANTED, at=things.NOW), moved) is SettingsDrift.NONE


def test_a_host_of_which_nothing_is_known_keeps_what_it_has() -> None:
    assert of_existing_host(WANTED, None).containers is ProfileContainers.KEPT
    assert settings_drift(None, WANTED) is SettingsDrift.WHEN_EMPTY
