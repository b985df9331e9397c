"""Forms of image sets and versions that cannot be saved, sent over HTTP: each is refused by its field, none is kept."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.integration import things
from tests.integration.asking import ask, told
from tests.integration.callers import Office
from tests.integration.scenes import OFFERED
from tests.integration.spot_forms import SPOT_FORMS

Json = dict[str, Any]
SAVE, REVIEW = "POST tenants/{tenant}/wizards/{wizard}", "POST tenants/{tenant}/wizards/{wizard}/review"
ELSEWHERE = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"

SETS: list[tuple[str, Json, str]] = [
    ("site", {}, "/site/siteId"),
    ("site", {"siteId": "west", "isGlobal": True}, "/site/siteId"),
    ("site", {"siteId": "nowhere"}, "/site/siteId"),
    ("source", {"hostPoolType": "pooled"}, "/source/galleryImageId"),
    ("source", {"hostPoolType": "shared", "galleryImageId": OFFERED.id}, "/source/hostPoolType"),
    ("source", {"hostPoolType": "pooled", "galleryImageId": "none_such_image"}, "/source/galleryImageId"),
    ("source", {"hostPoolType": "pooled", "galleryVersionId": ELSEWHERE}, "/source/galleryVersionId"),
    ("detail", {}, "/detail/displayName"),
    ("detail", {"displayName": "teachers"}, "/detail/displayName"),
    ("detail", {"displayName": "Pupils", "description": "x" * 1501}, "/detail/description"),
    ("recipe", {"schedule": {"dayOfMonth": 4}}, "/recipe/steps"),
    (
        "recipe",
        {"steps": [{"name": "x", "script": "y"}], "schedule": {"dayOfMonth": 29}},
        "/recipe/schedule/dayOfMonth",
    ),
    ("recipe", {"steps": [{"name": "x"}]}, "/recipe/steps/0/script"),
    ("recipe", {"steps": [{"name": "x", "packageId": "a b; rm"}]}, "/recipe/steps/0/packageId"),
    ("notes", {"notes": ""}, "/notes/notes"),
    ("note", {"notes": "x"}, "/note"),
]
VERSIONS: list[tuple[str, Json, str]] = [
    ("set", {}, "/set/imageSetId"),
    ("set", {"imageSetId": "none"}, "/set/imageSetId"),
    ("version", {"version": "0.0.0"}, "/version/version"),
    ("version", {"version": "1.0"}, "/version/version"),
    ("version", {"version": "01.0.0"}, "/version/version"),
    ("source", {"sourceVersion": "0.0.9"}, "/source/sourceVersion"),
    ("source", {"sourceVersion": "0.0.0", "galleryImageId": OFFERED.id}, "/source/sourceVersion"),
    ("source", {"galleryImageId": "none_such_image"}, "/source/galleryImageId"),
    ("source", {"galleryVersionId": ELSEWHERE}, "/source/galleryVersionId"),
    ("customization", {"byRecipe": True}, "/customization/byRecipe"),
    ("customization", {"byRecipe": "yes"}, "/customization/byRecipe"),
    ("notes", {"notes": "x" * 25_000}, "/notes/notes"),
]


async def kept(office: Office) -> list[str]:
    """Existing image sets, versions and due rows."""
    sets = [each.etag async for each in office.image_sets.each(things.TENANT_ID)]
    versions = [each.etag async for each in office.image_versions.each(things.TENANT_ID)]
    operations = [each.value.id async for each in office.operations.each(things.TENANT_ID)]
    return [*sets, *versions, *operations]


@pytest.mark.parametrize(("wizard", "wrongs"), [("create-image-set", SETS), ("create-image-version", VERSIONS)])
async def test_a_form_with_a_wrong_step_is_refused_by_its_field_and_nothing_is_made(
    office: Office, routes: dict[str, Any], wizard: str, wrongs: list[tuple[str, Json, str]]
) -> None:
    before, found = await kept(office), []
    for step, wrong, pointer in wrongs:
        form = {**copy.deepcopy(SPOT_FORMS[wizard]), step: wrong}
        for route, status in ((SAVE, 400), (REVIEW, 200)):
            answer = await ask(routes[route], route, body=json.dumps(form).encode(), at={"wizard": wizard})
            if (answer.status_code, [each for each, _ in told(answer)]) != (status, [pointer]):
                found.append((step, wrong, route, answer.status_code, told(answer)))
    assert found == []
    assert await kept(office) == before


@pytest.mark.parametrize("wizard", ["create-image-set", "create-image-version"])
async def test_the_form_that_the_wrong_ones_differ_from_is_saved(
    office: Office, routes: dict[str, Any], wizard: str
) -> None:
    answer = await ask(routes[SAVE], SAVE, body=json.dumps(SPOT_FORMS[wizard]).encode(), at={"wizard": wizard})
    assert answer.status_code in {201, 202}, answer.get_body()
