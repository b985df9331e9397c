"""Agents of session hosts: how a host comes into being, and each of its statuses."""

import base64
import json
from typing import Any

import pytest

from packages.azure_simulator.tests.desks import POOL, Office
from packages.azure_simulator.tests.in_process import VMS

FSLOGIX = """
# step: configureProfiles
$Key = 'HKLM:\\SOFTWARE\\FSLogix\\Profiles'
Set-Value $Key 'Enabled' 1
New-ItemProperty -LiteralPath $Key -Name 'VHDLocations' -Value $ProfilePath -PropertyType String -Force | Out-Null
"""
SHARE = "\\\\files.contoso.example\\profiles"


def test_a_token_is_a_jwt_that_names_its_pool_and_its_end_and_no_get_shows_it() -> None:
    office = Office()
    token = office.token(hours=2)
    head, claims, _ = token.split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"] == "RS256"
    assert read["EndpointPoolId"] == office.app.request("GET", POOL)["properties"]["objectId"]
    assert read["exp"] - read["nbf"] == 2 * 3_600
    assert office.app.request("GET", POOL)["properties"]["registrationInfo"] is None


def test_a_host_is_unavailable_until_its_agent_has_updated_itself() -> None:
    office = Office()
    office.app.sim("POST", "config", {"desktopAgents": {"HOST-1": 90}})
    host = office.host("host-1")
    assert office.status(host) == "Unavailable"
    office.pass_time(90)
    assert office.status(host) == "Available"


def test_an_expired_token_makes_no_host() -> None:
    office = Office()
    token = office.token(hours=1)
    office.pass_time(3 * 3_600)
    office.host("host-1", token)
    assert office.app.request("GET", f"{POOL}/sessionHosts")["value"] == []


def test_an_agent_that_never_registers_makes_no_host() -> None:
    office = Office()
    office.app.sim("POST", "config", {"desktopAgents": {"HOST-1": "never"}})
    office.host("host-1")
    assert office.app.request("GET", f"{POOL}/sessionHosts")["value"] == []


def test_windows_that_shuts_down_says_so_and_a_machine_that_goes_away_does_not() -> None:
    office = Office()
    first, second = office.host("host-1"), office.host("host-2")
    office.power("host-1", "deallocate")
    office.power("host-2", "powerOff?skipShutdown=true")
    assert (office.status(first), office.status(second)) == ("Shutdown", "NoHeartbeat")
    office.power("host-1", "start")
    office.power("host-2", "start")
    assert (office.status(first), office.status(second)) == ("Available", "Available")


def test_a_restart_makes_a_host_unavailable_for_a_while() -> None:
    office = Office()
    host = office.host("host-1")
    office.app.sim("POST", "config", {"desktopAgents": {"HOST-1": 90}})
    office.power("host-1", "restart")
    assert office.status(host) == "Unavailable"
    office.pass_time(90)
    assert office.status(host) == "Available"


def test_a_host_that_was_off_for_a_month_has_to_register_again() -> None:
    # docs/notes.md 7.3: EXPIRED_MACHINE_TOKEN
    office = Office()
    host = office.host("host-1")
    office.power("host-1", "deallocate")
    office.pass_time(31 * 86_400)
    office.power("host-1", "start")
    office.pass_time(3_600)
    assert office.status(host) == "Unavailable"
    (state,) = office.app.sim("GET", "state?type=Microsoft.DesktopVirtualization/hostPools/sessionHosts")
    assert state["facts"]["agentError"] == "EXPIRED_MACHINE_TOKEN"
    office.app.request("DELETE", f"{VMS}/host-1/extensions/DSC")
    office.pass_time()
    office.app.request("DELETE", host)
    settings = {"configurationFunction": "Configuration.ps1\\AddSessionHost", "properties": {"hostPoolName": "desks"}}
    again = {"publisher": "Microsoft.Powershell", "type": "DSC", "typeHandlerVersion": "2.83", "settings": settings}
    again["protectedSettings"] = {"Items": {"RegistrationInfoToken": office.token()}}
    office.app.request("PUT", f"{VMS}/host-1/extensions/DSC", {"location": "westeurope", "properties": again})
    office.pass_time()
    assert office.status(host) == "Available"


def test_a_host_that_is_woken_in_time_keeps_its_token() -> None:
    office = Office()
    host = office.host("host-1")
    for _ in range(3):
        office.power("host-1", "deallocate")
        office.pass_time(20 * 86_400)
        office.power("host-1", "start")
    assert office.status(host) == "Available"


@pytest.mark.parametrize(
    ("state", "check"),
    [
        ("NeedsAssistance", "TURNRelayAccessHealthCheck"),
        ("SxSStackListenerNotReady", "SxSStackListenerCheck"),
        ("DomainTrustRelationshipLost", "DomainTrustCheck"),
    ],
)
def test_an_unhealthy_agent_shows_the_check_that_failed(state: str, check: str) -> None:
    office = Office()
    host = office.host("host-1")
    office.app.sim("POST", "config", {"desktopAgents": {"host-*": state}})
    shown = office.app.request("GET", host)["properties"]
    failed = [
        each["healthCheckName"]
        for each in shown["sessionHostHealthCheckResults"]
        if each["healthCheckResult"] == "HealthCheckFailed"
    ]
    assert (shown["status"], failed) == (state, [check])
    office.app.sim("POST", "config", {"desktopAgents": None})
    assert office.status(host) == "Available"


def test_a_profile_share_that_is_away_is_seen_only_by_hosts_that_were_told_to_use_it() -> None:
    office = Office()
    with_profiles, without = office.host("host-1"), office.host("host-2")
    office.script("host-1", FSLOGIX, {"ProfilePath": SHARE})
    assert office.status(with_profiles) == "Available"
    office.app.sim("POST", "config", {"fileShares": {"\\\\files.*": "away"}})
    assert (office.status(with_profiles), office.status(without)) == ("FSLogixNotHealthy", "Available")
    office.app.sim("POST", "config", {"fileShares": None})
    assert office.status(with_profiles) == "Available"


def test_a_profile_path_that_is_no_share_is_reached_by_nobody() -> None:
    office = Office()
    host = office.host("host-1")
    office.script("host-1", FSLOGIX, {"ProfilePath": "C:\\profiles"})
    assert office.status(host) == "FSLogixNotHealthy"


def test_a_script_that_opens_its_share_fails_while_that_is_away() -> None:
    office = Office()
    office.host("host-1")
    office.app.sim("POST", "config", {"fileShares": {"*\\hidden$": "away"}})

    def opens(share: str) -> bool:
        office.script("host-1", "# step: reachProfiles\n", {"ProfilePath": share})
        shown = office.app.request("GET", f"{VMS}/host-1/runCommands/set?$expand=instanceView")
        (step,) = [json.loads(each) for each in shown["properties"]["instanceView"]["output"].splitlines()]
        return bool(step["ok"])

    assert opens(SHARE)
    assert not opens("\\\\files.contoso.example\\hidden=")  # a dollar sign


def test_a_step_that_failed_has_set_nothing() -> None:
    office = Office()
    office.host("host-1")
    office.app.sim("POST", "config", {"scriptOutcomes": [{"vm": "host-1", "step": "configureProfiles"}]})
    office.script("host-1", FSLOGIX, {"ProfilePath": "C:\\profiles"})
    (vm,) = office.app.sim("GET", "state?type=Microsoft.Compute/virtualMachines")
    assert "registry" not in vm["facts"]


def test_the_registry_is_read_from_the_text_of_a_script() -> None:
    office = Office()
    office.machine("host-1")
    text = """
# step: limits
$Policies = 'HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services'
Set-Value $Policies 'MaxIdleTime' ([int] $IdleMinutes * 60000)
Set-ItemProperty -Path $Policies -Name "MaxDisconnectionTime" -Value 120000
# Set-Value $Policies 'MaxConnectionTime' 1
"""
    office.script("host-1", text, {"IdleMinutes": 15})
    (vm,) = office.app.sim("GET", "state?type=Microsoft.Compute/virtualMachines")
    key = "hklm\\software\\policies\\microsoft\\windows nt\\terminal services"
    assert vm["facts"]["registry"] == {key: {"maxidletime": 900_000, "maxdisconnectiontime": 120_000}}


def test_heartbeats_come_while_a_machine_runs_and_most_hosts_show_them() -> None:
    # docs/notes.md 7.4: recorded hosts were Available with a heartbeat that was days old
    office = Office()
    hosts = [office.host(f"host-{number}") for number in range(1, 9)]

    def beats() -> list[str]:
        return [office.app.request("GET", host)["properties"]["lastHeartBeat"] for host in hosts]

    before = beats()
    office.pass_time(600)
    moved = [old != new for old, new in zip(before, beats(), strict=True)]
    assert 0 < sum(moved) < len(hosts)
    assert {office.status(host) for host in hosts} == {"Available"}


def test_another_machine_of_a_name_is_not_the_host() -> None:
    office = Office()
    host = office.host("host-1")
    office.app.request("DELETE", f"{VMS}/host-1")
    office.pass_time()
    office.app.create_machine("host-1", office.subnet, computer="OTHER", tags={"deskwright:host": "x"})
    office.pass_time(3_600)
    assert office.status(host) == "Unavailable"


def test_a_spot_machine_that_is_evicted_goes_without_a_word() -> None:
    office = Office()
    spot: dict[str, Any] = {"priority": "Spot", "evictionPolicy": "Deallocate"}
    host = office.host("host-1", **spot)
    assert office.app.send("POST", f"{VMS}/host-1/simulateEviction").status == 204
    office.pass_time(1_800)
    assert office.status(host) == "NoHeartbeat"
    (vm,) = office.app.sim("GET", "state?type=Microsoft.Compute/virtualMachines")
    assert vm["facts"]["power"] == "deallocated"


def test_a_spot_machine_may_be_deleted_by_its_eviction_and_no_other_machine_is_evicted() -> None:
    office = Office()
    office.machine("host-1", priority="Spot", evictionPolicy="Delete")
    office.machine("host-2")
    assert office.app.send("POST", f"{VMS}/host-1/simulateEviction").status == 204
    assert office.app.error("POST", f"{VMS}/host-2/simulateEviction") == (409, "OperationNotAllowed")
    office.pass_time(1_800)
    assert office.app.send("GET", f"{VMS}/host-1").status == 404


def test_lists_of_hosts_are_limited_for_each_caller_where_that_is_set() -> None:
    # docs/notes.md 7.1: ten in five minutes in one recording
    office = Office()
    office.app.sim("POST", "config", {"sessionHostLists": 10})
    statuses = [office.app.send("GET", f"{POOL}/sessionHosts").status for _ in range(11)]
    refused = office.app.send("GET", f"{POOL}/sessionHosts")
    assert (statuses, refused.status, refused.headers["Retry-After"]) == ([200] * 10 + [429], 429, "30")
    assert office.app.send("GET", f"{POOL}/sessionHosts", caller="another").status == 200
    office.pass_time(30)
    assert office.app.send("GET", f"{POOL}/sessionHosts").status == 200
