"""Product rule 8: an edited policy touches no existing Cloud PC, and only an unassigned one can be deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.portal import Portal
from local.stack import Stack
from tests.e2e.office import SMALL, Office
from tests.e2e.test_graph_surface import create_policy

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


def path_of(office: Office, policy: str) -> str:
    return f"{office.graph}/provisioningPolicies/{policy}"


def patch(office: Office, policy: str, body: Any, **headers: str) -> Any:
    wishes = {name.replace("_", "-"): value for name, value in headers.items()}
    return office.portal.send("PATCH", path_of(office, policy), body, wishes)


def modified(answer: Any) -> datetime:
    return datetime.fromisoformat(answer.body["lastModifiedDateTime"])


def audited(office: Office, resource: str, verb: str) -> list[dict[str, Any]]:
    found = office.portal.pages(f"{office.graph}/auditEvents?$filter=resourceId eq '{resource}'".replace(" ", "%20"))
    done = [event for event in found if event["activityResult"] == "success"]
    return [event for event in done if event["activity"].endswith(f"/{verb}")]


@pytest.fixture(scope="module")
def built(stack: Stack, portal: Portal) -> tuple[Office, str, str]:
    """An office with one Cloud PC: the office, the policy, and whose it is."""
    office = Office(stack, portal, "edited").open()
    upn = office.user(1, SMALL)
    policy = office.policy("Office", office.connection(), office.group("staff", upn))
    office.settled(upn)
    return office, policy, upn


def test_an_edit_touches_no_cloud_pc_and_each_says_how_it_differs(built: tuple[Office, str, str]) -> None:
    office, policy, upn = built
    before, machines = office.cloud_pc_of(upn), office.machines()
    (device,) = office.devices(before["managedDeviceName"])
    edited = patch(office, policy, {"displayName": "New name", "windowsSetting": {"locale": "de-DE"}})
    after = office.cloud_pc_of(upn)
    seen = office.portal.ask("GET", path_of(office, policy))
    (event,) = audited(office, policy, "update")
    changed = {p["displayName"]: (p["oldValue"], p["newValue"]) for p in event["resources"][0]["modifiedProperties"]}
    (user,) = office.portal.ask("GET", f"{path_of(office, policy)}/users").body["value"]
    (explained,) = office.explain(upn)["cloudPcs"]
    drift = {
        "drifted": True,
        "differs": ["windowsSetting"],
        "inPlace": [],
    }  # no machine is different for the policy's name

    assert (edited.status, edited.headers["etag"]) == (204, seen.headers["etag"])
    assert (seen.body["displayName"], seen.body["windowsSetting"]) == ("New name", {"locale": "de-DE"})
    assert changed["displayName"] == ("Office", "New name")
    assert before["@deskwright.drift"] == {"drifted": False, "differs": [], "inPlace": []}
    assert [after["@deskwright.drift"], explained["drift"], user["cloudPcs"][0]["drift"]] == [drift] * 3
    assert (after["displayName"], after["provisioningPolicyName"]) == (before["displayName"], "New name")
    assert after["lastModifiedDateTime"] == before["lastModifiedDateTime"]
    assert office.machines() == machines
    assert office.devices(before["managedDeviceName"]) == [device]
    assert "Office" in device["extensionAttributes"].values()  # the enrolment profile (docs/decisions/0015)


def test_only_what_is_named_is_changed_and_repeating_it_changes_nothing(open_office: OpenOffice) -> None:
    office = open_office()
    made = create_policy(office, office.connection(), description="Everybody", cloudPcNamingTemplate="PC-%RAND:6%")
    policy, first = made.body["id"], made.headers["etag"]
    asked = patch(office, policy, {"localAdminEnabled": True}, Prefer="return=representation", If_Match=first)
    again = patch(office, policy, asked.body, If_Match=asked.headers["etag"])
    differing = {name for name, value in asked.body.items() if value != made.body.get(name)}
    differing.discard("lastModifiedDateTime")  # one moment may hold both requests

    assert (asked.status, asked.headers["preference-applied"]) == (200, "return=representation")
    assert differing == {"localAdminEnabled", "@odata.etag"}
    assert modified(asked) >= modified(made)
    assert (again.status, again.headers["etag"]) == (204, asked.headers["etag"])
    assert len(audited(office, policy, "update")) == 1


WRONG: dict[str, tuple[Any, str, str]] = {
    "a character": ({"displayName": "a<b"}, "/displayName", '"<" may not be used'),
    "an edge": ({"displayName": " edge"}, "/displayName", "begin or end"),
    "a long name": ({"displayName": "x" * 121}, "/displayName", "120"),
    "a name that is taken": ({"displayName": "taken"}, "/displayName", "exists"),
    "a long description": ({"description": "x" * 1501}, "/description", "1500"),
    "an image that is not there": ({"imageId": "nothing_like_that"}, "/imageId", "no such image"),
    "an unknown property": ({"colour": "red"}, "/colour", "unknown"),
}


def test_an_edit_obeys_the_wizard_s_rules(open_office: OpenOffice) -> None:
    office = open_office()
    connection = office.connection()
    create_policy(office, connection, "Taken")
    made = create_policy(office, connection, "Mine")
    for what, (body, target, words) in WRONG.items():
        refused = patch(office, made.body["id"], body)
        (detail,) = refused.body["error"]["details"]
        assert (refused.status, detail["target"], words in detail["message"]) == (400, target, True), what
    assert office.portal.ask("GET", path_of(office, made.body["id"])).headers["etag"] == made.headers["etag"]


def test_an_edit_over_somebody_s_head_is_refused(open_office: OpenOffice) -> None:
    office = open_office()
    made = create_policy(office, office.connection())
    policy, seen = made.body["id"], made.headers["etag"]
    patch(office, policy, {"description": "first"}, If_Match=seen)
    late = patch(office, policy, {"description": "second"}, If_Match=seen)
    gone = office.portal.send("DELETE", path_of(office, policy), headers={"If-Match": seen})
    assert [late.status, gone.status] == [412, 412]
    assert office.portal.ask("GET", path_of(office, policy)).body["description"] == "first"


def test_an_assigned_policy_is_not_deleted_and_the_answer_names_groups_and_cloud_pcs(
    built: tuple[Office, str, str],
) -> None:
    office, policy, upn = built
    refused = office.portal.send("DELETE", path_of(office, policy))
    error = refused.body["error"]
    (group,) = error["innerError"]["groups"]
    assert (refused.status, error["code"]) == (409, "Conflict")
    assert (group["displayName"], error["innerError"]["cloudPcs"]) == (f"{office.name} staff", 1)
    assert group["displayName"] in error["message"]
    assert office.cloud_pc_of(upn)["status"] == "provisioned"


def test_an_unassigned_policy_is_deleted_once(open_office: OpenOffice) -> None:
    office = open_office()
    policy = create_policy(office, office.connection()).body["id"]
    office.assign(policy, office.group("staff"))
    held = office.portal.send("DELETE", path_of(office, policy)).status
    office.assign(policy)
    deleted = [office.portal.send("DELETE", path_of(office, policy)).status for _ in range(2)]
    (event,) = audited(office, policy, "delete")
    assert (held, deleted) == (409, [204, 404])
    assert event["activityOperationType"] == "delete"


def test_saving_and_assigning_warn_of_who_is_targeted_twice(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, SMALL)
    shared, other = office.group("shared", upn), office.group("other", upn)
    connection = office.connection()
    office.policy("First", connection, shared)
    office.pass_time(timedelta(minutes=1))
    form = {
        "connection": {"connectionIds": [connection]},
        "image": {"imageType": "gallery", "imageId": "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"},
        "groups": {"groupIds": [shared]},
        "detail": {"displayName": "Second"},
    }
    wizard = f"{office.base}/wizards/create-provisioning-policy"
    reviewed = office.portal.ask("POST", f"{wizard}/review", form).body["warnings"]
    saved = office.portal.ask("POST", wizard, form).body
    third = create_policy(office, connection, "Third").body["id"]
    where = office.assign(third, other).headers["operation-location"].removeprefix("/api")
    assigned = office.portal.ask("GET", where).body["warnings"]

    message = f"Policy First targets group {office.name} shared and 1 member too; First was assigned first and wins."
    assert [warning["message"] for warning in (*reviewed, *saved["@deskwright.warnings"])] == [message] * 2
    assert [(warning["concern"], warning["details"]["wins"]) for warning in assigned] == [("overlap", ["First"])] * 2


def test_a_deleted_policy_s_cloud_pcs_expire_from_what_they_were_built_from(open_office: OpenOffice) -> None:
    office = open_office()
    upn, other = office.user(1, SMALL), office.user(2)
    connection = office.connection()
    policy = office.policy("Office", connection, office.group("staff", upn), gracePeriodInHours=1)
    office.settled(upn)
    office.policy("Other", connection, office.group("others", other))
    office.assign(policy)
    office.tell_changed(upn)
    office.reaches(upn, "inGracePeriod")
    deleted = office.portal.send("DELETE", path_of(office, policy))
    left = office.cloud_pc_of(upn)
    office.pass_time(timedelta(minutes=61))
    office.until(lambda: office.cloud_pc_of(upn)["status"] == "deprovisioning", says="it expires")

    assert (deleted.status, left["status"], left["provisioningPolicyName"]) == (204, "inGracePeriod", "Office")
    assert left["@deskwright.drift"] == {"drifted": True, "differs": ["provisioningPolicyId"], "inPlace": []}
