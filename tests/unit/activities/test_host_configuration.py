"""The script that configures a session host: its steps, and what reaches it."""

import re

import pytest

from activities.machines.run_commands import assemble, harmless
from activities.machines.scripts import CONFIGURATION_STEPS, NEEDED, parameters_of, steps_of
from shared.domain.spot.hosts.host import HostWindows, ProfileContainers
from tests.unit.activities.test_configuration import scripts_in

WINDOWS = HostWindows(
    profile_path=r"\\files.contoso.example\profiles$",
    data_path=r"\\files.contoso.example\all our data",
    active_minutes=30,
    disconnected_minutes=90,
    kerberos=True,
)
ALL = ("configureProfiles", "useCloudKerberos", "limitSessions", "mapDataDrive", "reachProfiles")


def script(windows: HostWindows = WINDOWS) -> str:
    return assemble(steps_of(windows), frame="frame", below="host/")


def test_whether_the_profiles_are_reached_comes_last() -> None:
    assert steps_of(WINDOWS) == ALL
    assert CONFIGURATION_STEPS >= NEEDED


def test_a_hybrid_host_has_the_domains_kerberos_and_a_group_without_data_no_drive() -> None:
    plain = WINDOWS.but(kerberos=False, data_path=None)
    assert steps_of(plain) == ("configureProfiles", "limitSessions", "reachProfiles")


def test_a_dedicated_host_keeps_profiles_where_they_are_and_needs_no_share() -> None:
    rest = ("limitSessions", "mapDataDrive")
    assert steps_of(WINDOWS.but(containers=ProfileContainers.OFF)) == ("keepProfilesOnDisk", *rest)
    kept = steps_of(WINDOWS.but(containers=ProfileContainers.KEPT))
    assert kept == ("keepProfiles", "useCloudKerberos", *rest)


def test_every_path_that_a_group_may_have_reaches_the_script() -> None:
    """A dollar sign would be read by a shell: the script gets it as an equals sign, and puts it back."""
    given = parameters_of(WINDOWS)

    assert given["ProfilePath"] == r"\\files.contoso.example\profiles="
    assert all(harmless(value) for value in given.values())
    assert "$ProfilePath = $ProfilePath.Replace('=', [string][char]36)" in script()


@pytest.mark.parametrize(
    "setting",
    [
        r"'HKLM:\SOFTWARE\FSLogix\Profiles'",
        "'VHDLocations' $ProfilePath",
        "'CloudKerberosTicketRetrievalEnabled' 1",
        "'LoadCredKeyFromProfile' 1",
        "'MaxIdleTime' ($ActiveMinutes * 60000)",
        "'MaxDisconnectionTime' ($DisconnectedMinutes * 60000)",
        "Test-Port $server 445",
    ],
)
def test_the_script_sets_what_members_need(setting: str) -> None:
    assert setting in script()


def test_no_path_is_part_of_the_script() -> None:
    assert "contoso" not in script()


def test_every_script_is_used() -> None:
    kebab = {re.sub(r"([A-Z])", r"-\1", step).lower() for step in CONFIGURATION_STEPS}
    assert scripts_in("shared/scripts/host").keys() == kebab | {"frame"}


def test_braces_and_parentheses_close() -> None:
    code = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", script())
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)
