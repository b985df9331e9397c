"""Files with mistakes: whatever the kind of the document, they are told before anything of the others is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deskwright.errors import ExitCode
from deskwright.manifests import KINDS
from deskwright.schemas import faults_of

from cli.tests.conftest import Command, Service
from cli.tests.test_manifests import BASE, GRAPH, IMAGE_SET, REVIEW, changes, fill, of, written


@pytest.fixture(autouse=True)
def _contoso(service: Service, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del settings
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")
    fill(service)


USER_SETTING = {"id": "u1", "displayName": "Staff", "restorePointSetting": {"frequencyType": "default"}}
POLICY = {
    "id": "p1",
    "displayName": "Office",
    "imageType": "gallery",
    "imageId": "w11",
    "gracePeriodInHours": 168,
    "domainJoinConfigurations": [{"onPremisesConnectionId": "c1"}],
    "@deskwright.securityDefaults": {},
}
SCHEDULE = {"id": "ps1", "displayName": "Office", "stopAction": "deallocate", "timeZone": None}
MISTAKES: dict[str, tuple[tuple[dict[str, Any], str, str], ...]] = {
    "tenant": (({"id": "contoso", "settings": {"attempts": 99}}, "edit-tenant", "/settings/attempts"),),
    "site": (
        ({"id": "main", "displayName": "", "region": "nowhere"}, "edit-site", "/place/region"),
        ({"id": "new", "displayName": "New", "region": "nowhere"}, "create-site", "/place/region"),
    ),
    "connection": (
        ({"displayName": "Hybrid", "site": "main", "subscriptionId": "s9"}, "edit-connection", "/site/subscriptionId"),
        ({"displayName": "New", "site": "main", "connectionType": "x"}, "create-connection", "/credentials/joinType"),
    ),
    "deviceImage": (
        (
            {"displayName": "Lab", "version": "x", "site": "main", "galleryImageId": "w11"},
            "create-device-image",
            "/version/version",
        ),
    ),
    "imageSet": (
        ({"displayName": "Shared", "recipe": {"steps": [{"x": 1}]}}, "edit-image-set", "/recipe/steps/0/x"),
        ({"displayName": "New", "site": "main", "galleryImageId": "x"}, "create-image-set", "/source/galleryImageId"),
    ),
    "powerSchedule": (
        ({"displayName": "Office", "stopAction": "explode"}, "", "/stopAction"),
        ({"displayName": "New", "prestartInMinutes": -1}, "", "/prestartInMinutes"),
    ),
    "userSetting": (
        ({"displayName": "Staff", "restorePointSetting": {"frequencyType": "daily"}}, "", "/restorePointSetting/fre"),
        ({"displayName": "New", "localAdminEnabled": "perhaps"}, "", "/localAdminEnabled: write true or false"),
    ),
    "provisioningPolicy": (
        ({"displayName": "Office", "localAdminEnabled": 7}, "edit-provisioning-policy", "/configuration/localAdmin"),
        ({"displayName": "New", "connections": ["Hybrid"]}, "create-provisioning-policy", "/image/imageId"),
    ),
    "spotGroup": (
        ({"displayName": "Desk", "quantity": 99}, "edit-spot-group", "/license/quantity"),
        ({"displayName": "Desk", "imageVersion": "9.9.9"}, "update-spot-group", "/image/imageVersion"),
        ({"displayName": "New", "quantity": -1}, "create-spot-group", "/license/quantity"),
    ),
}


@pytest.mark.parametrize(
    ("kind", "said", "wizard", "pointer"), [(kind, *each) for kind in KINDS for each in MISTAKES[kind]]
)
def test_a_mistake_in_a_document_of_any_kind_changes_nothing_of_the_others(
    deskwright: Command, service: Service, tmp_path: Path, kind: str, said: dict[str, Any], wizard: str, pointer: str
) -> None:
    there: dict[str, dict[str, Any]] = {
        "userSettings": USER_SETTING,
        "provisioningPolicies": POLICY,
        "powerSchedules": SCHEDULE,
    }
    for name, thing in there.items():
        service.answers[f"GET /api{GRAPH}/{name}"] = [(200, {"value": [thing]}, {})]
        service.put("GET", f"{GRAPH}/{name}/{thing['id']}", thing, ETag='"1"')
    service.put("GET", f"{BASE}/sites/main", {"id": "main", "displayName": "Main"}, ETag='"1"')
    for other in {each for found in MISTAKES.values() for _, each, _ in found} - {wizard}:
        service.put("POST", f"{BASE}/wizards/{other}/review", REVIEW)
    wrong = [{"name": "x", "errors": [{"pointer": pointer, "message": "this is wrong"}]}]
    review = {**REVIEW, "valid": False, "steps": wrong}
    service.answers[f"POST /api{BASE}/wizards/{wizard}/review"] = [(200, review, {})]
    good = {"kind": "site", "id": "third", "displayName": "Third", "region": "westeurope", "resourceGroup": "g"}
    if wizard == "create-site":
        good = of("spotGroup", "Desk", quantity=12)
    ended = deskwright("apply", *written(tmp_path, good, {"kind": kind, **said}), "--yes")
    assert (ended.code, changes(service)) == (ExitCode.USAGE, [])
    assert f": {pointer}" in ended.err
    assert deskwright("apply", *written(tmp_path, good, {"kind": kind, **said}), "--dry-run").code == ExitCode.USAGE


def test_the_edit_of_an_image_set_sends_only_what_changes_to_its_review(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    service.put("POST", f"{BASE}/wizards/edit-image-set/review", REVIEW)
    service.put("PATCH", f"{GRAPH}/imageSets/i1", IMAGE_SET)
    assert deskwright("apply", *written(tmp_path, of("imageSet", "Shared", description="other")), "--yes").code == 0
    assert changes(service) == [f"/api{GRAPH}/imageSets/i1"]
    (asked,) = service.requests("POST", f"{BASE}/wizards/edit-image-set/review")
    assert asked.body == {"set": {"imageSetId": "i1"}, "detail": {"description": "other"}}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"name": "a", "size": 3, "often": "hourly"}, []),
        ({"name": None, "list": ["a"]}, []),
        ({"size": True}, ["/name: required", "/size: write a whole number"]),
        ({"name": "", "size": 9}, ["/name: write 1 to 5", "/size: write any to 8"]),
        ({"name": "a", "often": "daily"}, ["/often: write one of hourly"]),
        (
            {"name": "a", "list": [1, "a", "B"]},
            ["/list: write any to 2", "/list/0: write a text", "/list/2: does not fit ^a$"],
        ),
        ({"name": "a", "other": 1}, ["/other: unknown field; leave it out"]),
        ([], ["/: write an object"]),
    ],
)
def test_a_body_is_judged_by_its_schema(value: object, wrong: list[str]) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 5}, {"type": "null"}]},
            "size": {"type": "integer", "maximum": 8},
            "often": {"type": "string", "enum": ["hourly"]},
            "list": {"type": "array", "maxItems": 2, "items": {"type": "string", "pattern": "^a$"}},
        },
    }
    assert list(faults_of(value, schema)) == wrong
