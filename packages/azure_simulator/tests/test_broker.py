"""The broker: the choice of desktops, users who wait or are refused, and lost sessions."""

import pytest

from packages.azure_simulator.tests.desks import APPS, DESKS, PERSONAL, POOL, SERVICE, SIGNS_IN, STARTS, USES, Office
from packages.azure_simulator.tests.in_process import GROUP, VMS

LIMITS = """
# step: limits
Set-Value 'HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services' 'MaxIdleTime' 600000
Set-Value 'HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services' 'MaxDisconnectionTime' 300000
"""


def placed(office: Office, users: list[str]) -> list[str]:
    return [office.sign_in(user).get("host", "") for user in users]


@pytest.mark.parametrize(
    ("balancer", "places"),
    [("BreadthFirst", ["HOST-1", "HOST-2", "HOST-1", "HOST-2"]), ("DepthFirst", ["HOST-1", "HOST-1", "HOST-2", ""])],
)
def test_sessions_are_balanced_below_the_limit(balancer: str, places: list[str]) -> None:
    # learn.microsoft.com/azure/virtual-desktop/host-pool-load-balancing
    office = Office(4, loadBalancerType=balancer, maxSessionLimit=2)
    office.host("host-1")
    office.host("host-2")
    if balancer == "DepthFirst":
        office.app.request("PATCH", f"{POOL}/sessionHosts/HOST-2", {"properties": {"allowNewSession": True}})
        office.app.sim(
            "POST",
            "desktops/sessions",
            {"sessionHost": f"{POOL}/sessionHosts/HOST-2", "userPrincipalName": "somebody@a.example"},
        )
        # the host with the most sessions below the limit comes first
        places = ["HOST-2", "HOST-1", "HOST-1", ""]
    assert placed(office, office.users) == places


def test_a_full_pool_fails_and_says_so() -> None:
    office = Office(2, maxSessionLimit=1)
    office.host("host-1")
    first, second = (office.sign_in(user) for user in office.users)
    assert (first["outcome"], second["outcome"], second["reason"]) == ("signedIn", "failed", "AllHostsFull")
    assert [each["user"] for each in office.findings("signInsFailed")] == [office.users[1]]


def test_a_drained_host_takes_nobody_new_and_its_users_back() -> None:
    # learn.microsoft.com/azure/virtual-desktop/drain-mode
    office = Office(2)
    host = office.host("host-1")
    office.sign_in(office.users[0])
    office.leave(office.users[0], "disconnect")
    office.app.request("PATCH", host, {"properties": {"allowNewSession": False}})
    back, new = (office.sign_in(user) for user in office.users)
    assert (back["outcome"], new["reason"]) == ("reconnected", "AllHostsDrained")
    assert [each["properties"]["sessionState"] for each in office.sessions()] == ["Active"]


@pytest.mark.parametrize(
    ("scope", "role", "reason"), [(APPS, USES, "NotAssigned"), (GROUP, SIGNS_IN, "NotAllowedOnMachine")]
)
def test_a_user_without_a_role_is_refused(scope: str, role: str, reason: str) -> None:
    # learn.microsoft.com/azure/virtual-desktop/azure-ad-joined-session-hosts
    office = Office(2)
    office.host("host-1")
    office.app.sim("POST", "graph/members", {"group": "staff", "remove": [office.users[0]]})
    other = {USES: (GROUP, SIGNS_IN), SIGNS_IN: (APPS, USES)}[role]
    user = office.app.sim("GET", "state?view=directory&kind=user")
    (ids,) = ({each["userPrincipalName"]: each["id"] for each in rows} for rows in user.values())
    office.grant(*other, ids[office.users[0]], "User")
    found = office.sign_in(office.users[0])
    assert (found["outcome"], found["reason"]) == ("refused", reason)
    assert office.findings("signInsFailed") == []
    office.grant(scope, role, ids[office.users[0]], "User")
    assert office.sign_in(office.users[0])["outcome"] == "signedIn"


def test_nested_groups_count_and_disabled_and_unknown_users_are_refused() -> None:
    office = Office(2)
    office.host("host-1")
    office.app.sim("POST", "graph/groups", {"displayName": "inner"})
    office.app.sim("POST", "graph/members", {"group": "staff", "remove": [office.users[0]], "add": ["inner"]})
    office.app.sim("POST", "graph/members", {"group": "inner", "add": [office.users[0]]})
    assert office.sign_in(office.users[0])["outcome"] == "signedIn"
    office.app.sim("POST", "graph/users", {"user": office.users[1], "accountEnabled": False})
    assert office.sign_in(office.users[1])["reason"] == "AccountDisabled"
    assert office.sign_in("nobody@a.example")["reason"] == "UserUnknown"


def test_a_desktop_that_no_workspace_shows_is_used_by_nobody() -> None:
    office = Office(1)
    office.host("host-1")
    office.app.request("DELETE", f"{DESKS}/workspaces/desks-ws")
    assert office.sign_in(office.users[0])["reason"] == "NotPublished"


@pytest.mark.parametrize("state", ["Unavailable", "SxSStackListenerNotReady", "FSLogixNotHealthy", "NeedsAssistance"])
def test_only_some_unhealthy_hosts_take_sessions(state: str) -> None:
    # docs/notes.md 7.4
    office = Office(1)
    office.host("host-1")
    office.app.sim("POST", "config", {"desktopAgents": {"*": state}})
    wanted = ("signedIn", "") if state == "NeedsAssistance" else ("failed", "NoHostAvailable")
    found = office.sign_in(office.users[0])
    assert (found["outcome"], found["reason"]) == wanted


def test_a_personal_desktop_is_kept_by_its_first_user() -> None:
    office = Office(3, kind=PERSONAL, personalDesktopAssignmentType="Automatic")
    office.host("host-1")
    office.host("host-2")
    assert placed(office, office.users[:2]) == ["HOST-1", "HOST-2"]
    office.leave(office.users[0])
    third = office.sign_in(office.users[2])
    assert (third["outcome"], third["reason"]) == ("failed", "NoAssignedHost")
    assert placed(office, office.users[:1]) == ["HOST-1"]
    hosts = office.app.request("GET", f"{POOL}/sessionHosts")["value"]
    assert [each["properties"]["assignedUser"] for each in hosts] == office.users[:2]


def renamed(office: Office, user: str) -> str:
    """Give a user another principal name."""
    name = f"new-{user}"
    office.app.sim("POST", "graph/users", {"user": user, "userPrincipalName": name})
    return name


def test_a_session_shows_the_name_with_which_its_user_has_signed_in() -> None:
    # jpwinsup.github.io/blog/2021/03/12/RemoteDesktopService/AVD/avd-rename-upn-on-personal-hostpool
    office = Office(2)
    office.host("host-1")
    office.sign_in(office.users[0])
    name = renamed(office, office.users[0])
    assert [each["properties"]["userPrincipalName"] for each in office.sessions()] == [office.users[0]]
    assert office.sign_in(office.users[0])["reason"] == "UserUnknown"
    assert office.sign_in(name)["outcome"] == "reconnected"
    assert [each["properties"]["userPrincipalName"] for each in office.sessions()] == [name]
    office.app.sim("POST", "graph/users", {"user": office.users[1], "userPrincipalName": office.users[0]})
    office.leave(office.users[0])  # another user has that name now
    assert len(office.sessions()) == 1
    office.leave(name)
    assert office.sessions() == []


def test_a_personal_desktop_stays_its_users_after_a_change_of_name() -> None:
    office = Office(2, kind=PERSONAL, personalDesktopAssignmentType="Direct")
    host = office.host("host-1")
    office.app.request("PATCH", host, {"properties": {"assignedUser": office.users[0]}})
    name = renamed(office, office.users[0])
    assert office.app.request("GET", host)["properties"]["assignedUser"] == office.users[0]
    assert [office.sign_in(user)["outcome"] for user in (office.users[1], name)] == ["failed", "signedIn"]
    assert office.app.request("GET", host)["properties"]["assignedUser"] == name
    again = renamed(office, name)
    office.app.request("PATCH", host, {"properties": {"assignedUser": again}})  # the same user: nothing to force
    assert office.app.request("GET", host)["properties"]["assignedUser"] == again


def test_a_direct_personal_desktop_is_its_users_only() -> None:
    office = Office(2, kind=PERSONAL, personalDesktopAssignmentType="Direct")
    host = office.host("host-1")
    assert office.sign_in(office.users[0])["reason"] == "NoAssignedHost"
    office.app.request("PATCH", host, {"properties": {"assignedUser": office.users[0]}})
    assert [office.sign_in(user)["outcome"] for user in office.users] == ["signedIn", "failed"]


def test_a_machine_is_started_on_connect_and_the_sign_in_waits_for_it() -> None:
    # learn.microsoft.com/azure/virtual-desktop/start-virtual-machine-connect
    office = Office(2, startVMOnConnect=True)
    for name in ("host-1", "host-2"):
        office.host(name)
        office.power(name, "deallocate")
    office.app.sim("PATCH", "config", {"profile": "real"})
    office.grant(GROUP, STARTS, "77777777-7777-4777-8777-777777777777", "ServicePrincipal")  # somebody else's
    without = office.sign_in(office.users[0])
    assert (without["outcome"], without["reason"]) == ("failed", "MayNotStartMachine")
    office.grant(GROUP, STARTS, SERVICE, "ServicePrincipal")
    office.pass_time(600)  # until it counts
    assert [office.sign_in(user)["outcome"] for user in office.users] == ["waiting", "waiting"]
    office.pass_time(900)
    rows = office.app.sim("GET", "desktops/signins?outcome=signedIn")
    assert {each["host"] for each in rows} == {"HOST-1"}  # no second machine while one comes up
    assert all(20 < each["waitedSeconds"] < 600 for each in rows)
    assert office.status(f"{POOL}/sessionHosts/HOST-2") == "Shutdown"


def test_who_signs_in_to_a_machine_that_sleeps_comes_back_to_the_session_that_slept_with_it() -> None:
    office = Office(1, kind=PERSONAL, startVMOnConnect=True)
    office.host("host-1", additionalCapabilities={"hibernationEnabled": True})
    first = office.sign_in(office.users[0])
    office.leave(office.users[0], "disconnect")
    office.power("host-1", "deallocate?hibernate=true")
    office.grant(GROUP, STARTS, SERVICE, "ServicePrincipal")
    assert office.sign_in(office.users[0])["outcome"] == "waiting"
    office.pass_time(900)
    (again,) = office.app.sim("GET", "desktops/signins?outcome=reconnected")
    assert again["session"] == first["session"]


def test_a_pool_that_starts_nothing_fails_a_sign_in_at_once() -> None:
    office = Office(1)
    office.host("host-1")
    office.power("host-1", "deallocate")
    assert office.sign_in(office.users[0])["reason"] == "NoHostAvailable"


def test_a_machine_that_finds_no_hardware_lets_a_sign_in_wait_in_vain() -> None:
    office = Office(1, startVMOnConnect=True)
    office.host("host-1")
    office.power("host-1", "deallocate")
    office.grant(GROUP, STARTS, SERVICE, "ServicePrincipal")
    office.app.sim("POST", "config", {"capacity": [{"region": "westeurope", "vms": 0}]})
    assert office.sign_in(office.users[0])["outcome"] == "waiting"
    office.pass_time(700)
    (found,) = office.app.sim("GET", "desktops/signins")
    assert (found["outcome"], found["reason"], found["waitedSeconds"]) == ("failed", "MachineDidNotStart", 600)


def test_idle_and_disconnected_sessions_end_by_the_limits_that_were_set_in_windows() -> None:
    office = Office(2)
    office.host("host-1")
    office.sign_in(office.users[0])
    office.leave(office.users[0], "idle")
    office.pass_time(86_400)
    assert [each["properties"]["sessionState"] for each in office.sessions()] == ["Active"]  # nobody set a limit
    office.script("host-1", LIMITS)
    assert [each["properties"]["sessionState"] for each in office.sessions()] == ["Disconnected"]
    office.pass_time(298)
    assert len(office.sessions()) == 1
    office.pass_time(2)
    assert office.sessions() == []
    assert (office.view["ended"], office.findings("sessionsLost")) == ({"timeLimit": 1}, [])


def test_a_user_who_comes_back_in_time_keeps_the_session() -> None:
    office = Office(1)
    office.host("host-1")
    office.script("host-1", LIMITS)
    office.sign_in(office.users[0])
    office.leave(office.users[0], "idle")
    office.pass_time(700)
    assert office.sign_in(office.users[0])["outcome"] == "reconnected"
    office.pass_time(3_600)
    assert [each["properties"]["sessionState"] for each in office.sessions()] == ["Active"]


@pytest.mark.parametrize(
    ("verb", "cause"), [("deallocate", "stopped"), ("restart", "restarted"), ("powerOff?skipShutdown=true", "evicted")]
)
def test_a_session_on_a_machine_that_stops_is_gone(verb: str, cause: str) -> None:
    office = Office(1)
    office.host("host-1")
    office.sign_in(office.users[0])
    office.power("host-1", verb)
    assert (office.sessions(), office.view["ended"]) == ([], {cause: 1})


def lose(office: Office, how: str) -> None:
    if how == "machine":
        office.app.request("POST", f"{VMS}/host-1/deallocate")
    elif how == "host":
        assert office.app.error("DELETE", f"{POOL}/sessionHosts/HOST-1")[0] == 400
        office.app.request("DELETE", f"{POOL}/sessionHosts/HOST-1?force=true")
    else:
        office.app.request("DELETE", office.sessions()[0]["id"])
    office.pass_time()


@pytest.mark.parametrize("how", ["logOff", "host", "machine"])
@pytest.mark.parametrize("told", [False, True])
def test_a_session_is_lost_unless_its_user_was_told(how: str, *, told: bool) -> None:
    office = Office(1)
    office.host("host-1")
    office.sign_in(office.users[0])
    if told:
        text = {"messageTitle": "Update", "messageBody": "You will be signed out in five minutes."}
        office.app.request("POST", f"{office.sessions()[0]['id']}/sendMessage", text)
        office.pass_time(300)
    lose(office, how)
    found = office.findings("sessionsLost")
    assert [each["user"] for each in found] == ([] if told else office.users)
    assert [(each["body"], each["seen"]) for each in office.view["messages"]] == (
        [("You will be signed out in five minutes.", True)] if told else []
    )


def test_a_message_that_is_older_than_an_hour_is_no_notice() -> None:
    office = Office(1)
    office.host("host-1")
    office.sign_in(office.users[0])
    office.app.request("POST", f"{office.sessions()[0]['id']}/sendMessage", {"messageTitle": "x", "messageBody": "y"})
    office.pass_time(2 * 3_600)
    lose(office, "logOff")
    assert len(office.findings("sessionsLost")) == 1


def test_an_eviction_takes_sessions_and_is_no_fault_of_the_service() -> None:
    office = Office(1)
    office.host("host-1", priority="Spot", evictionPolicy="Deallocate")
    office.sign_in(office.users[0])
    office.app.send("POST", f"{VMS}/host-1/simulateEviction")
    office.pass_time(1_800)
    assert (office.view["ended"], office.findings("sessionsLost")) == ({"evicted": 1}, [])


def test_hibernation_keeps_sessions() -> None:
    office = Office(1, kind=PERSONAL)
    host = office.host("host-1", additionalCapabilities={"hibernationEnabled": True})
    office.sign_in(office.users[0])
    office.power("host-1", "deallocate?hibernate=true")
    assert office.status(host) == "Shutdown"
    assert [each["properties"]["sessionState"] for each in office.sessions()] == ["Disconnected"]
    office.power("host-1", "start")
    assert office.sign_in(office.users[0])["outcome"] == "reconnected"
