"""Facts from recordings of Virtual Desktop (docs/notes.md 7.1): shapes, ids, statuses, refusals.

The recordings are those of Microsoft's clients (Azure/azure-powershell, `src/DesktopVirtualization`, 2025 and 2026).
"""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.desks import APPS, DESKS, POOL, POOLED, Office
from packages.azure_simulator.tests.in_process import GROUP, SUB, VMS

LOW = f"{SUB}/resourcegroups/desks/providers/Microsoft.DesktopVirtualization"
SPACE = "Microsoft.DesktopVirtualization"
POOL_NULLS = {
    *("friendlyName", "description", "personalDesktopAssignmentType", "ring", "registrationInfo", "vmTemplate"),
    *("agentUpdate", "ssoadfsAuthority", "ssoClientId", "ssoClientSecretKeyVaultPath", "ssoSecretType"),
}


def nulls(properties: Any) -> set[str]:
    return {name for name, value in properties.items() if value is None}


def text_of(office: Office, method: str, path: str, body: Any = None) -> tuple[int, str, str]:
    reply = office.app.send(method, path, body)
    error = json.loads(reply.body)["error"]
    return reply.status, error["code"], error["message"].partition(" Error: ")[2]


def test_ids_and_types_come_back_in_lower_case() -> None:
    office = Office(1)
    office.host("host-1")
    office.sign_in(office.users[0])
    shown = {
        POOL: (f"{LOW}/hostpools/desks", "hostpools"),
        APPS: (f"{LOW}/applicationgroups/desks-dag", "applicationgroups"),
        f"{APPS}/desktops/SessionDesktop": (
            f"{LOW}/applicationgroups/desks-dag/desktops/SessionDesktop",
            "applicationgroups/desktops",
        ),
        f"{DESKS}/workspaces/desks-ws": (f"{LOW}/workspaces/desks-ws", "workspaces"),
        f"{POOL}/sessionHosts/HOST-1": (f"{LOW}/hostpools/desks/sessionhosts/HOST-1", "hostpools/sessionhosts"),
    }
    for path, (wanted, kind) in shown.items():
        body = office.app.request("GET", path)
        assert (body["id"], body["type"]) == (wanted, f"{SPACE}/{kind}")
    (session,) = office.sessions()
    assert session["id"].startswith(f"{LOW}/hostpools/desks/sessionhosts/HOST-1/usersessions/")
    assert session["name"] == f"desks/HOST-1/{session['id'].rpartition('/')[2]}"


def test_references_are_written_in_lower_case_too() -> None:
    office = Office(1)
    assert office.app.request("GET", POOL)["properties"]["applicationGroupReferences"] == [
        f"{LOW}/applicationgroups/desks-dag"
    ]
    group = office.app.request("GET", APPS)["properties"]
    assert group["hostPoolArmPath"] == f"{LOW}/hostpools/desks"
    assert group["workspaceArmPath"] == f"{LOW}/workspaces/desks-ws"


def test_members_without_a_value_are_null_and_there() -> None:
    office = Office(1)
    pool, group = office.app.request("GET", POOL), office.app.request("GET", APPS)
    assert nulls(pool["properties"]) == POOL_NULLS
    assert (pool["tags"], pool["kind"], group["tags"], group["kind"]) == (None, None, None, "Desktop")
    assert pool["properties"]["privateEndpointConnections"] == []
    assert nulls(group["properties"]) == {"showInFeed", "description", "friendlyName"}
    space = office.app.request("GET", f"{DESKS}/workspaces/desks-ws")
    assert (space["tags"], space["kind"]) == ({}, None)
    host = office.app.request("GET", office.host("host-1"))["properties"]
    assert nulls(host) == {"friendlyName", "statusTimestamp", "assignedUser"}
    assert (host["updateState"], host["updateErrorMessage"]) == ("Succeeded", "")


def test_a_former_name_and_a_ring_of_zero_are_what_azure_makes_of_them() -> None:
    office = Office(1)
    wanted = {**POOLED, "hostPoolType": "Shared", "ring": 0, "vmTemplate": ""}
    made = office.app.request("PUT", f"{POOL}-2", {"location": REGION, "properties": wanted})["properties"]
    assert (made["hostPoolType"], made["ring"], made["vmTemplate"]) == ("Pooled", 1, None)


def test_the_write_that_makes_a_token_tells_its_end_and_not_the_token() -> None:
    office = Office(1)
    office.token()
    info = {"expirationTime": "2026-11-20T12:00:00+02:00", "registrationTokenOperation": "Update"}
    shown = office.app.request("PATCH", POOL, {"properties": {"registrationInfo": info}})
    assert shown["properties"]["registrationInfo"]["token"] is None
    listed = office.app.request("POST", f"{POOL}/listRegistrationTokens")
    assert (set(listed["value"][0]), listed["nextLink"]) == ({"expirationTime", "token"}, None)


def test_the_health_checks_of_a_healthy_host_that_joined_entra_id() -> None:
    office = Office(1)
    checks = office.app.request("GET", office.host("host-1"))["properties"]["sessionHostHealthCheckResults"]
    assert [each["healthCheckName"] for each in checks] == [
        *("DomainJoinedCheck", "DomainTrustCheck", "SxSStackListenerCheck", "MonitoringAgentCheck"),
        *("MetaDataServiceCheck", "AppAttachHealthCheck", "TURNRelayAccessHealthCheck", "AADJoinedHealthCheck"),
    ]
    assert {each["healthCheckResult"] for each in checks} == {"HealthCheckSucceeded"}
    assert set(checks[0]["additionalFailureDetails"]) == {"message", "errorCode", "lastHealthCheckDateTime"}


def test_a_change_of_a_host_answers_with_the_whole_host() -> None:
    office = Office(1)
    host = office.host("host-1")
    changed = office.app.request("PATCH", host, {"properties": {"allowNewSession": False}})
    assert changed["properties"]["allowNewSession"] is False
    assert changed["properties"]["resourceId"] == f"{VMS}/host-1"
    assert changed["systemData"]["createdBy"] is None
    assert changed["systemData"]["lastModifiedBy"]


def test_an_error_has_its_status_as_its_code() -> None:
    # 404s recorded; deletion of a session that is gone: Azure/RDS-Templates issues 540 and 570
    office = Office(1)
    host = office.host("host-1")
    session = f"{host}/userSessions/9"
    assert text_of(office, "GET", f"{host}-9") == (404, "404", "SessionHost does not exist")
    assert text_of(office, "PATCH", f"{host}-9", {"properties": {}}) == (404, "404", "SessionHost does not exist")
    assert text_of(office, "GET", session) == (404, "404", "User session does not exist")
    message = {"messageTitle": "a", "messageBody": "b"}
    assert text_of(office, "POST", f"{session}/sendMessage", message) == (404, "404", "User session ID not found")
    assert text_of(office, "DELETE", session) == (404, "404", "User session ID not found")


@pytest.mark.parametrize("what", ["ApplicationGroups", "SessionHosts"])
def test_a_pool_that_is_used_is_not_deleted(what: str) -> None:
    # hashicorp/terraform-provider-azurerm 16852 and 30783
    office = Office(1)
    office.host("host-1")
    if what == "SessionHosts":
        office.app.request("DELETE", APPS)
    status, code, text = text_of(office, "DELETE", POOL)
    assert (status, code) == (400, "400")
    assert text == (
        f"The SessionHostPool desks could not be deleted because it still has {what} associated with it. "
        f"Please remove all {what} from the SessionHostPool and retry the operation."
    )


def test_force_does_not_delete_a_pool_with_an_application_group() -> None:
    office = Office(1)
    assert office.app.error("DELETE", f"{POOL}?force=true") == (400, "400")
    office.app.request("DELETE", APPS)
    office.host("host-1")
    assert office.app.send("DELETE", f"{POOL}?force=true").status == 200


def test_what_a_deletion_answers() -> None:
    office = Office(1)
    host = office.host("host-1")
    office.sign_in(office.users[0])
    assert office.app.send("DELETE", office.sessions()[0]["id"]).status == 204
    assert office.app.send("DELETE", host).status == 204
    for path in (f"{DESKS}/workspaces/desks-ws", APPS, POOL):
        reply = office.app.send("DELETE", path)
        body = json.loads(reply.body)
        assert (reply.status, body["name"]) == (200, path.rpartition("/")[2])
        # null for workspaces alone: azure-cli-extensions, desktopvirtualization (2022, 2024); azure-powershell (2026)
        assert (body["systemData"] is None) == ("/workspaces/" in path)


def test_the_sessions_of_a_host_are_listed_with_their_makers_and_those_of_a_pool_without() -> None:
    office = Office(1)
    host = office.host("host-1")
    office.sign_in(office.users[0])
    of_host, of_pool = (office.app.request("GET", f"{path}/userSessions") for path in (host, POOL))
    assert (of_host["nextLink"], of_pool["nextLink"]) == (None, None)
    assert (set(of_host["value"][0]["systemData"].values()) - {None}, of_pool["value"][0]["systemData"]) != (set(), {})
    assert of_pool["value"][0]["systemData"] is None
    assert of_host["value"][0]["properties"]["activeDirectoryUserName"] == "AzureAD\\user1"


def test_a_pool_in_a_group_is_found_by_any_case() -> None:
    office = Office(1)
    assert office.app.request("GET", POOL.lower())["name"] == "desks"
    (listed,) = office.app.request("GET", f"{GROUP}/providers/{SPACE}/hostPools")["value"]
    assert listed["id"] == f"{LOW}/hostpools/desks"
