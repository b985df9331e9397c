"""Connections over HTTP: what the checks find, what is tried from inside, and what may change while they are used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.portal import Answer
from local.stack import Stack
from tests.e2e.identity import DOMAIN, put_resource, synchronised
from tests.e2e.management import manage
from tests.e2e.office import CLOSELY, MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Configure = Callable[[dict[str, Any]], None]
Json = dict[str, Any]

DENIED = {"kind": "http", "status": 403, "code": "AuthorizationFailed", "message": "no authorization for the action"}
PASSWORD = DOMAIN["adDomainPassword"]
ENDED = {"succeeded", "failed"}
KINDS = ("Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces", "Microsoft.Compute/disks")


@pytest.fixture
def configure(stack: Stack) -> Iterator[Configure]:
    """Change the simulated cloud's settings; what was added goes with the test."""
    added: set[str] = set()

    def change(settings: Json) -> None:
        added.update(settings)
        stack.tell_cloud("config", settings)

    yield change
    stack.tell_cloud("config", dict.fromkeys(added))


def own(office: Office, prefix: str = "10.50.0.0/24") -> Json:
    """Make a network of the customer's own, and choose it."""
    group = f"/subscriptions/{office.subscription}/resourceGroups/net"
    vnet = f"{group}/providers/Microsoft.Network/virtualNetworks/corp"
    subnet = {"name": "cloudpcs", "properties": {"addressPrefix": prefix}}
    properties = {"addressSpace": {"addressPrefixes": ["10.50.0.0/16"]}, "subnets": [subnet]}
    put_resource(office.stack, f"{group}?api-version=2021-04-01", {"location": "westeurope"})
    body = {"location": "westeurope", "properties": properties}
    put_resource(office.stack, f"{vnet}?api-version=2026-03-01", body)
    return {"joinType": "azureADJoin", "network": {"virtualNetworkId": vnet, "subnetIds": [f"{vnet}/subnets/cloudpcs"]}}


def hybrid(office: Office, **domain: Any) -> Json:
    return {**own(office), "joinType": "hybridAzureADJoin", "domain": {**DOMAIN, **domain}}


def save(office: Office, credentials: Json, name: str = "Own") -> str:
    """Save a connection and wait for its checks, whatever they find; return its id."""
    saved = begin_to_save(office, credentials, name)
    ended(office, str(saved.headers["location"]))
    return str(saved.body["resourceId"])


def probe(office: Office, credentials: Json) -> tuple[str, str]:
    """Save a connection that is tried from inside, and wait; return its id and the name of the probe's computer."""
    saved = begin_to_save(office, credentials)
    (machine,) = office.until(office.machines, says="the probe's machine is being made", look=CLOSELY)
    ended(office, str(saved.headers["location"]))
    return str(saved.body["resourceId"]), str(machine["body"]["properties"]["osProfile"]["computerName"])


def begin_to_save(office: Office, credentials: Json, name: str = "Own") -> Answer:
    form = {"site": {"siteId": "main"}, "credentials": credentials, "name": {"displayName": name}}
    return office.portal.ask("POST", f"{office.base}/wizards/create-connection", form)


def ended(office: Office, operation: str) -> Json:
    """Wait until an operation has ended, and return it."""

    def look() -> Json | None:
        found: Json = office.portal.ask("GET", operation.partition("/api")[2]).body
        return found if found["status"] in ENDED else None

    told: Json = office.until(look, says=f"{operation} has ended")
    return told


def act(office: Office, connection: str, action: str, body: Json | None = None) -> Json:
    """Make one of the actions and wait for the health checks that it begins."""
    done = office.portal.ask("POST", f"{address(office, connection)}/{action}", body)
    assert done.status == 204
    return ended(office, str(done.headers["operation-location"]))


def address(office: Office, connection: str) -> str:
    return f"{office.graph}/onPremisesConnections/{connection}"


def shown(office: Office, connection: str, *properties: str) -> Json:
    select = f"?$select={','.join(properties)}" if properties else ""
    found: Json = office.portal.ask("GET", address(office, connection) + select).body
    return found


def findings(office: Office, connection: str) -> dict[str, Json]:
    detail = shown(office, connection, "healthCheckStatusDetail")["healthCheckStatusDetail"]
    return {check["displayName"]: check for check in detail["healthChecks"]}


def bad(office: Office, connection: str) -> dict[str, tuple[str, str]]:
    """Findings that are not healthy: status and error type by check."""
    found = findings(office, connection).items()
    return {name: (f["status"], f["errorType"]) for name, f in found if f["status"] != "passed"}


def nothing_is_left(office: Office) -> None:
    """No machine, interface or disk of a probe is there, and nothing that nobody owns."""
    assert [office.machines(kind) for kind in KINDS] == [[], [], []]
    orphans = office.stack.ask_cloud("invariants")["findings"]
    assert not [found for found in orphans if office.subscription in json.dumps(found)]


def changed(office: Office, connection: str, body: Json, **headers: str) -> Answer:
    return office.portal.send("PATCH", address(office, connection), body, headers)


def test_an_own_network_is_tried_from_inside_and_nothing_stays(open_office: OpenOffice) -> None:
    office = open_office()
    connection, computer = probe(office, own(office))
    found = findings(office, connection)

    assert bad(office, connection) == {}
    assert {"environmentReady", "reachEntra", "reachStun", "directoryJoin", "subnetIpUsage"} <= found.keys()
    assert all(f["correlationId"] for f in found.values())
    nothing_is_left(office)
    assert office.devices(computer) == []


def test_a_hosted_network_is_tried_only_when_somebody_asks(open_office: OpenOffice) -> None:
    office = open_office()
    connection = office.connection()
    before = findings(office, connection).keys()
    act(office, connection, "runHealthChecks")
    password = {"adDomainPassword": PASSWORD}

    assert office.portal.send("POST", f"{address(office, connection)}/updateAdDomainPassword", password).status == 400
    assert "directoryJoin" not in before
    assert findings(office, connection)["directoryJoin"]["status"] == "passed"
    nothing_is_left(office)


def test_a_wrong_join_password_is_found_told_and_replaced(open_office: OpenOffice) -> None:
    office = open_office()
    connection = save(office, hybrid(office, adDomainPassword="outdated"))
    wrong = findings(office, connection)["bindJoinAccount"]
    before = shown(office, connection)["healthCheckStatus"]
    told = act(office, connection, "updateAdDomainPassword", {"adDomainPassword": PASSWORD})

    assert (before, wrong["errorType"]) == ("failed", "adJoinCheckIncorrectCredentials")
    assert "updateAdDomainPassword" in wrong["recommendedAction"]
    assert told["status"] == "succeeded"
    assert findings(office, connection)["directoryJoin"]["status"] == "passed"
    assert shown(office, connection)["healthCheckStatus"] in {"passed", "warning"}
    nothing_is_left(office)


def test_the_probe_s_computer_is_forgotten_once_its_device_has_come(open_office: OpenOffice) -> None:
    office = open_office()
    credentials = hybrid(office)
    office.pass_time_to(synchronised(office.stack) + timedelta(minutes=31))  # the next one finds the probe gone
    connection, computer = probe(office, credentials)
    office.pass_time_to(synchronised(office.stack) + timedelta(minutes=31))
    came = office.until(lambda: office.devices(computer), says="the probe's device has come")
    act(office, connection, "runHealthChecks")

    assert [device["trustType"] for device in came] == ["ServerAd"]
    assert office.devices(computer) == []


def test_an_account_that_a_probe_could_not_disable_stays_listed_after_a_good_check(
    open_office: OpenOffice, configure: Configure
) -> None:
    office = open_office()
    configure({"scriptOutcomes": [{"vm": "probe-*", "step": "leaveDomain", "message": "Access is denied."}]})
    connection = save(office, hybrid(office))
    stays = findings(office, connection)["leaveDomain"]
    configure({"scriptOutcomes": []})
    act(office, connection, "runHealthChecks")

    (orphan,) = office.portal.ask("GET", f"{office.base}/orphans").body["value"]
    enabled = orphan["name"].lower()
    (forest,) = office.stack.ask_cloud("state?view=domains")  # with the computers of other tests' tenants
    assert (orphan["type"], enabled in forest["computers"]) == ("onPremisesComputer", True)
    assert enabled not in forest["disabled"]
    assert stays["status"] == "warning"
    assert enabled in stays["additionalDetail"].lower()
    assert findings(office, connection)["leaveDomain"]["status"] == "passed"


@pytest.mark.parametrize(
    ("domain", "check", "error_type"),
    [
        ({"adDomainName": "corp.elsewhere.example"}, "resolveDomain", "dnsCheckFqdnNotFound"),
        (
            {"organizationalUnit": "OU=Gone,DC=corp,DC=contoso,DC=example"},
            "findOrganizationalUnit",
            "adJoinCheckOrganizationalUnitNotFound",
        ),
    ],
    ids=["domain", "unit"],
)
def test_what_the_domain_does_not_know_is_named(
    open_office: OpenOffice, domain: Json, check: str, error_type: str
) -> None:
    office = open_office()
    connection = save(office, hybrid(office, **domain))

    assert bad(office, connection)[check] == ("failed", error_type)
    assert "directoryJoin" not in findings(office, connection)
    nothing_is_left(office)


def test_a_step_that_fails_inside_heals_by_itself(open_office: OpenOffice, configure: Configure) -> None:
    office = open_office(settings={"connectionRecheckInHours": 1})
    said = "no answer from rdbroker.wvd.microsoft.com:443"
    configure({"scriptOutcomes": [{"vm": "probe-*", "step": "reachDesktopService", "message": said}]})
    connection = save(office, own(office))
    unwell = findings(office, connection)["reachDesktopService"]
    configure({"scriptOutcomes": []})
    office.pass_time(timedelta(minutes=75))
    office.until(lambda: shown(office, connection)["healthCheckStatus"] == "passed", says="it has healed")

    assert unwell["errorType"] == "endpointConnectivityCheckWVDUrlNotAllowListed"
    assert unwell["additionalDetail"] == said
    events = office.portal.pages(f"{office.graph}/auditEvents?$filter=resourceId%20eq%20'{connection}'")
    assert "updateHealth" in json.dumps(list(events))


def test_a_probe_without_room_is_a_warning_and_the_connection_usable(
    open_office: OpenOffice, configure: Configure
) -> None:
    office = open_office()
    credentials = own(office)
    configure({"restrictions": [{"region": "westeurope", "size": "*"}]})
    connection = save(office, credentials)

    assert bad(office, connection)["environmentReady"][0] == "warning"
    assert shown(office, connection)["healthCheckStatus"] == "warning"


def test_a_machine_that_cannot_be_deleted_is_listed_until_it_can(open_office: OpenOffice) -> None:
    office = open_office()
    locked = {"kind": "http", "status": 409, "code": "ScopeLocked", "message": "a lock is in the way"}
    office.break_cloud("vm.delete", locked)
    connection = save(office, own(office))
    left = findings(office, connection)["probeCleanUp"]
    office.mend_cloud("vm.delete")
    act(office, connection, "runHealthChecks")

    assert (left["status"], "ScopeLocked" in left["additionalDetail"]) == ("warning", True)
    assert bad(office, connection) == {}
    nothing_is_left(office)


def test_addresses_are_shown_against_who_is_to_come(open_office: OpenOffice) -> None:
    office = open_office()
    connection = save(office, own(office, prefix="10.50.1.0/29"))
    group = office.group("staff", *(office.user(n, MEDIUM) for n in range(5)))
    form = {"connection": {"connectionIds": [connection]}, "groups": {"groupIds": [group]}, "throughStep": "groups"}
    image = {"imageType": "gallery", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"}
    form |= {"image": image, "configuration": {}}

    def warned() -> Json | None:
        review = office.portal.ask("POST", f"{office.base}/wizards/create-provisioning-policy/review", form).body
        return next((w for w in review["warnings"] if w["concern"] == "addressesShort"), None)

    warning: Json = office.until(warned, says="a warning that addresses are short")

    assert shown(office, connection)["subnetPrivateIpDetail"]["subnetAvailableIpCount"] == 3
    assert (warning["details"]["free"], warning["details"]["awaited"], warning["details"]["short"]) == (3, 5, 2)


def test_a_connection_is_edited_as_graph_has_it(open_office: OpenOffice) -> None:
    office = open_office()
    connection = save(office, hybrid(office))
    etag = office.portal.ask("GET", address(office, connection)).headers["etag"]
    renamed = changed(office, connection, {"displayName": "Renamed"}, **{"If-Match": etag})
    stale = changed(office, connection, {"displayName": "Again"}, **{"If-Match": etag})
    wrong = changed(office, connection, {"connectionType": "azureADJoin"})
    moved = changed(office, connection, {"organizationalUnit": "OU=Gone,DC=corp,DC=contoso,DC=example"})
    ended(office, moved.headers["operation-location"])

    assert (renamed.status, renamed.body["displayName"]) == (200, "Renamed")
    assert "operation-location" not in renamed.headers
    assert (stale.status, wrong.status, moved.status) == (412, 400, 200)
    assert moved.body["healthCheckStatus"] == "pending"
    assert shown(office, connection)["healthCheckStatus"] == "failed"
    assert bad(office, connection)["findOrganizationalUnit"][1] == "adJoinCheckOrganizationalUnitNotFound"


def test_a_connection_in_use_stays_and_one_without_use_goes(open_office: OpenOffice) -> None:
    office = open_office()
    used, spare = office.connection("Used"), office.connection("Spare")
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", used, office.group("staff", upn))
    office.reaches(upn, "provisioned")
    refused = office.portal.send("DELETE", address(office, used))
    gone = office.portal.send("DELETE", address(office, spare))

    assert (refused.status, gone.status) == (409, 204)
    assert refused.body["error"]["innerError"]["inTheWay"] == {"provisioningPolicies": ["Everyone"], "cloudPCs": 1}
    assert office.portal.send("GET", address(office, spare)).status == 404
    assert shown(office, used, "inUse", "inUseByCloudPc")["inUseByCloudPc"] is True
    moved = changed(office, used, {"subscriptionId": "11111111-2222-3333-4444-555555555555"})
    assert moved.status == 409


def test_checks_that_broke_off_are_made_again(open_office: OpenOffice) -> None:
    office = open_office()
    connection = save(office, own(office))
    office.break_cloud("vm.create", {"kind": "hang"}, max_hits=1)
    begun = office.portal.ask("POST", f"{address(office, connection)}/runHealthChecks")
    office.until(office.machines, says="the probe's machine is being made")
    manage(office, "/terminate?reason=by+mistake", f"{office.name}-{connection}-check-0", method="POST")
    office.pass_time(timedelta(minutes=10))
    told = ended(office, str(begun.headers["operation-location"]))

    # The first one's machine hangs: had that one gone on, there would be no healthy environment.
    assert told["status"] == "succeeded"
    assert findings(office, connection)["environmentReady"]["status"] == "passed"
    nothing_is_left(office)


def test_builds_use_the_alternate_that_is_healthy_when_they_are_planned_and_when_they_begin(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    office.site("second", resourceGroup=f"second-{office.name}")
    first, second = office.connection("First"), office.connection("Second", site="second")
    early, late, group = office.user(1, MEDIUM), office.user(2, MEDIUM), office.group("staff")
    policy = office.policy("Everyone", first, group)
    chosen = [{"onPremisesConnectionId": each, "domainJoinType": "azureADJoin"} for each in (first, second)]
    office.portal.ask("PATCH", f"{office.graph}/provisioningPolicies/{policy}", {"domainJoinConfigurations": chosen})
    falls_ill(office, first, f"pcs-{office.name}")
    office.join(group, early)
    office.assign(policy, group)
    planned = office.reaches(early, "provisioned")
    falls_ill(office, second, f"second-{office.name}")
    office.join(group, late)
    office.assign(policy, group)
    office.until(lambda: "First" in str(office.timeline(office.cloud_pc_of(late)["id"])), says="it waits for the first")
    office.stack.tell_cloud("faults", {**DENY, "id": f"{office.name}-{second}", "when": {"max_hits": 0}})
    act(office, second, "runHealthChecks")
    office.pass_time(timedelta(minutes=15))
    moved = office.reaches(late, "provisioned")

    assert {pc["onPremisesConnectionName"] for pc in (planned, moved)} == {"Second"}
    assert {vm["id"].split("/")[4] for vm in office.machines()} == {f"second-{office.name}"}


DENY: Json = {"match": {"op": "group.*"}, "do": DENIED}


def falls_ill(office: Office, connection: str, group: str) -> None:
    """Take the right to a connection's resource group away, and have its checks find it."""
    match = {"op": "group.*", "path": f"*/resourceGroups/{group}*"}
    office.stack.tell_cloud("faults", {"id": f"{office.name}-{connection}", "match": match, "do": DENIED})
    assert act(office, connection, "runHealthChecks")["status"] == "failed"
