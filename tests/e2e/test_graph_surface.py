"""The Graph-shaped routes, asked as Microsoft's own clients ask."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e.office import GALLERY_IMAGE, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
COLLECTIONS = (
    "cloudPCs",
    "provisioningPolicies",
    "onPremisesConnections",
    "deviceImages",
    "galleryImages",
    "servicePlans",
    "supportedRegions",
    "auditEvents",
)


def create_policy(office: Office, connection: str, name: str = "Graph", **changed: Any) -> Any:
    """Create a policy as Graph's clients do; return the whole answer."""
    body = {
        "@odata.type": "#microsoft.graph.cloudPcProvisioningPolicy",
        "displayName": name,
        "description": "",
        "provisioningType": "dedicated",
        "imageType": "gallery",
        "imageId": GALLERY_IMAGE,
        "domainJoinConfigurations": [{"domainJoinType": "azureADJoin", "onPremisesConnectionId": connection}],
        "windowsSetting": {"locale": "en-US"},
        **changed,
    }
    return office.portal.send("POST", f"{office.graph}/provisioningPolicies", body)


def asked(office: Office, path: str, **options: str) -> Any:
    query = urllib.parse.urlencode({f"${name}": value for name, value in options.items()}, safe="$")
    return office.portal.send("GET", f"{office.graph}/{path}?{query}")


@pytest.fixture(scope="module")
def connection(shared_office: Office) -> str:
    """The connection of the shared office, which has one policy on it, *There*."""
    made = shared_office.connection()
    assert create_policy(shared_office, made, "There").status == 201
    return made


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_is_listed_in_both_versions(shared_office: Office, collection: str, version: str) -> None:
    office = shared_office
    path = f"{office.base}/{version}/deviceManagement/virtualEndpoint/{collection}"
    body = office.portal.ask("GET", path).body
    assert isinstance(body["value"], list)
    assert body["@odata.context"].endswith(f"/{version}/$metadata#deviceManagement/virtualEndpoint/{collection}")


def test_lists_page_select_filter_and_count(open_office: OpenOffice) -> None:
    office = open_office()
    connection = office.connection()
    for number in range(5):
        assert create_policy(office, connection, f"Policy {number}").status == 201
    page = asked(office, "provisioningPolicies", top="2", select="displayName", count="true").body
    whole = list(office.portal.pages(f"{office.graph}/provisioningPolicies?$top=2"))
    found = asked(office, "provisioningPolicies", filter="displayName eq 'Policy 3'").body["value"]
    assert (len(page["value"]), page["@odata.count"], set(page["value"][0])) == (2, 5, {"id", "displayName"})
    assert sorted(each["displayName"] for each in whole) == [f"Policy {number}" for number in range(5)]
    assert [each["displayName"] for each in found] == ["Policy 3"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filter": "locale eq 'x'"}, "displayName"),
        ({"orderby": "colour"}, "colour"),
        ({"apply": "groupby((displayName))"}, "unknown query parameter"),
        ({"select": "colour"}, "colour"),
        ({"top": "0"}, "1 to 1000"),
        ({"skiptoken": "rubbish"}, "token"),
    ],
)
def test_what_cannot_be_asked_is_said_in_graph_s_shape(
    shared_office: Office, connection: str, options: dict[str, str], words: str
) -> None:
    del connection
    answer = asked(shared_office, "provisioningPolicies", **options)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert words in answer.body["error"]["message"]


def test_a_policy_created_the_graph_way_is_read_back(open_office: OpenOffice) -> None:
    office = open_office()
    made = create_policy(office, office.connection())
    read = office.portal.ask("GET", urllib.parse.urlsplit(made.headers["location"]).path.removeprefix("/api"))
    assert (made.status, read.body["id"], read.headers["etag"]) == (201, made.body["id"], made.headers["etag"])
    assert (read.body["provisioningType"], read.body["windowsSetting"]) == ("dedicated", {"locale": "en-US"})
    assert (made.body["enableSingleSignOn"], read.body["enableSingleSignOn"]) == (False, False)


@pytest.mark.parametrize(
    ("changed", "target"),
    [
        ({"provisioningType": "sharedByUser"}, "/provisioningType"),
        ({"enableSingleSignOn": "yes"}, "/enableSingleSignOn"),
        ({"colour": "red"}, "/colour"),
        ({"displayName": "a|b"}, "/displayName"),
        ({"windowsSetting": {"locale": "xx"}}, "/windowsSetting/locale"),
        ({"imageId": "none"}, "/imageId"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_not_made(
    shared_office: Office, connection: str, changed: dict[str, Any], target: str
) -> None:
    office = shared_office
    answer = create_policy(office, connection, **changed)
    assert (answer.status, [each["target"] for each in answer.body["error"]["details"]]) == (400, [target])
    policies = office.portal.pages(f"{office.graph}/provisioningPolicies")
    assert [each["displayName"] for each in policies] == ["There"]


def test_assigning_replaces_the_groups_and_those_that_stay_keep_since_when(open_office: OpenOffice) -> None:
    office = open_office()
    policy = create_policy(office, office.connection()).body["id"]
    stays, goes, comes = (office.group(name) for name in ("stays", "goes", "comes"))
    path = f"{office.graph}/provisioningPolicies/{policy}/assignments"
    assigned = office.assign(policy, stays, goes)
    before = {each["target"]["groupId"]: each for each in office.portal.ask("GET", path).body["value"]}
    later = office.stack.clock.now() + timedelta(minutes=1)
    office.until(lambda: office.stack.clock.now() > later, says="a minute has passed")
    office.assign(policy, comes, stays)
    after = {each["target"]["groupId"]: each for each in office.portal.ask("GET", path).body["value"]}
    assert assigned.status == 204
    assert (set(before), set(after)) == ({stays, goes}, {stays, comes})
    assert after[stays] == before[stays]
    assert after[comes]["@deskwright.assignedAt"] > after[stays]["@deskwright.assignedAt"]


def test_an_assignment_says_by_an_operation_when_it_is_planned(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, SMALL)
    policy = create_policy(office, office.connection()).body["id"]
    where = office.assign(policy, office.group("staff", upn)).headers["operation-location"].removeprefix("/api")
    office.until(lambda: office.portal.ask("GET", where).body["status"] == "succeeded", says="the operation succeeded")
    (user,) = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}/users").body["value"]
    assert (user["user"]["userPrincipalName"], user["standing"] in {"has", "waits"}) == (upn, True)


@pytest.mark.parametrize("kind", [None, "distribution"])
def test_a_policy_cannot_be_assigned_to_what_is_no_security_group(open_office: OpenOffice, kind: str | None) -> None:
    office = open_office()
    policy = create_policy(office, office.connection()).body["id"]
    group = office.group("news", kind=kind) if kind else "00000000-0000-4000-8000-000000000000"
    targets = [{"target": {"groupId": group}}]
    answer = office.portal.send(
        "POST", f"{office.graph}/provisioningPolicies/{policy}/assign", {"assignments": targets}
    )
    assert (answer.status, answer.body["error"]["details"][0]["target"]) == (400, "/assignments/0/target/groupId")


def test_an_assignment_over_somebody_s_head_is_refused(open_office: OpenOffice) -> None:
    office = open_office()
    made = create_policy(office, office.connection())
    office.assign(made.body["id"], office.group("staff"))
    path = f"{office.graph}/provisioningPolicies/{made.body['id']}/assign"
    answer = office.portal.send("POST", path, {"assignments": []}, {"If-Match": made.headers["etag"]})
    assert (answer.status, answer.body["error"]["code"]) == (412, "PreconditionFailed")


def test_a_connection_created_the_graph_way_is_checked(open_office: OpenOffice) -> None:
    office = open_office()
    body = {"displayName": "Hosted", "connectionType": "azureADJoin", "scopeIds": ["0"]}
    made = office.portal.ask("POST", f"{office.graph}/onPremisesConnections", body)
    wanted = "$select=healthCheckStatus,healthCheckStatusDetail,inUse"
    path = f"{office.graph}/onPremisesConnections/{made.body['id']}?{wanted}"
    office.until(lambda: office.portal.ask("GET", path).body["healthCheckStatus"] == "passed", says="it is checked")
    seen = office.portal.ask("GET", path).body
    assert (made.status, made.body["healthCheckStatus"], seen["inUse"]) == (201, "pending", False)
    assert seen["healthCheckStatusDetail"]["healthChecks"]


def test_the_count_by_status_adds_up(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, SMALL)
    office.policy("Everybody", office.connection(), office.group("staff", upn))
    office.settled(upn)
    counted = office.portal.ask("GET", f"{office.graph}/cloudPCs/retrieveCloudPcCountByStatus()").body["value"]
    assert {"status": "provisioned", "count": 1} in counted


def test_every_change_is_an_audit_event_that_names_who_and_what(open_office: OpenOffice) -> None:
    office = open_office()
    connection = office.connection()
    found = asked(office, "auditEvents", filter=f"resourceId eq '{connection}'").body["value"]
    event = next(each for each in found if each["activity"] == "Microsoft.CloudPC/wizards/save")
    changed = {each["displayName"]: each["newValue"] for each in event["resources"][0]["modifiedProperties"]}
    read = office.portal.ask("GET", f"{office.graph}/auditEvents/{event['id']}").body
    assert (event["activityOperationType"], changed["displayName"]) == ("create", "Hosted")
    assert event["actor"]["userId"]
    assert read["id"] == event["id"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_not_there_is_a_404_in_graph_s_shape(shared_office: Office, collection: str) -> None:
    office = shared_office
    answer = office.portal.send("GET", f"{office.graph}/{collection}/nothing")
    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceNotFound")


def test_a_device_image_is_built_renamed_and_deleted_once_nothing_uses_it(open_office: OpenOffice) -> None:
    office = open_office()
    body = {"displayName": "Desktop", "version": "1.0.0", "galleryImageId": GALLERY_IMAGE}
    created = office.portal.ask("POST", f"{office.graph}/deviceImages", body)
    made = created.body
    path = f"{office.graph}/deviceImages/{made['id']}"
    building = office.portal.send("DELETE", path)
    office.until(lambda: office.portal.ask("GET", path).body["status"] == "ready", says="it is built")
    policy = create_policy(office, office.connection(), imageType="custom", imageId=made["id"]).body["id"]
    fixed = office.portal.send("PATCH", path, {"version": "2.0.0"})
    renamed = office.portal.send("PATCH", path, {"displayName": "Office"}, {"Prefer": "return=representation"})
    labelled = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}").body["imageDisplayName"]
    used = office.portal.send("DELETE", path)
    office.portal.ask("DELETE", f"{office.graph}/provisioningPolicies/{policy}")
    deleted = office.portal.ask("DELETE", path)
    where = deleted.headers["operation-location"].removeprefix("/api")
    office.until(lambda: office.portal.ask("GET", where).body["status"] == "succeeded", says="the version is gone")

    assert (created.status, made["status"]) == (201, "pending")
    assert (building.status, fixed.status, renamed.body["displayName"], labelled) == (
        409,
        400,
        "Office",
        "Office 1.0.0",
    )
    inner = used.body["error"]["innerError"]
    assert (used.status, inner["inTheWay"]) == (409, {"provisioningPolicies": ["Graph"]})
    assert (inner["request-id"], inner["client-request-id"]) == (used.headers["x-trace-id"],) * 2
    assert datetime.fromisoformat(inner["date"])
    assert office.portal.send("DELETE", path).status == 404
    assert office.machines("Microsoft.Compute/galleries/images/versions") == []
