"""One path serves for the profiles and the shared data of a Spot Group, unless another is named."""

import json
from typing import Any

import pytest

from tests.integration.asking import ask, told
from tests.integration.callers import Office
from tests.integration.spot_forms import SPOT_FORMS

SAVE, SHOW, READ = (
    "POST tenants/{tenant}/wizards/{wizard}",
    "GET tenants/{tenant}/wizards/{wizard}",
    "GET …/spotGroups/{id}",
)
OLD, NEW, DATA = r"\\files\company", r"\\files\moved", r"\\files\data"
CREATE, EDIT = "create-spot-group", "edit-spot-group"


async def sent(routes: dict[str, Any], wizard: str, form: dict[str, Any]) -> Any:
    return await ask(routes[SAVE], SAVE, at={"wizard": wizard}, body=json.dumps(form).encode())


async def created(routes: dict[str, Any], profile: dict[str, Any]) -> dict[str, Any]:
    answer = await sent(routes, CREATE, {**SPOT_FORMS[CREATE], "profile": profile})
    assert answer.status_code == 201, answer.get_body()
    group: dict[str, Any] = json.loads(answer.get_body())
    return group


async def data_path(routes: dict[str, Any], group_id: str) -> str | None:
    group = json.loads((await ask(routes[READ], READ, at={"id": group_id})).get_body())
    found: str | None = group["dataPath"]
    return found


@pytest.mark.parametrize(
    ("more", "path"),
    [({}, OLD), ({"dataPath": DATA}, DATA), ({"sharedDrive": True}, OLD), ({"sharedDrive": False}, None)],
)
async def test_the_data_is_at_the_path_of_the_profiles_unless_the_form_says_otherwise(
    office: Office, routes: dict[str, Any], more: dict[str, Any], path: str | None
) -> None:
    group = await created(routes, {"profilePath": OLD, **more})
    assert await data_path(routes, group["id"]) == path


@pytest.mark.parametrize(
    ("first", "edit", "path"),
    [
        ({}, {"profilePath": NEW}, NEW),
        ({}, {"friendlyName": "Desk"}, OLD),
        ({}, {"dataPath": DATA}, DATA),
        ({}, {"profilePath": NEW, "dataPath": OLD}, OLD),
        ({}, {"sharedDrive": False}, None),
        ({"dataPath": DATA}, {"profilePath": NEW}, DATA),
        ({"sharedDrive": False}, {"profilePath": NEW}, None),
        ({"sharedDrive": False}, {"sharedDrive": True}, OLD),
        ({"sharedDrive": False}, {"dataPath": DATA}, DATA),
    ],
)
async def test_an_edit_keeps_one_path_one_and_two_paths_two(
    office: Office, routes: dict[str, Any], first: dict[str, Any], edit: dict[str, Any], path: str | None
) -> None:
    group_id = (await created(routes, {"profilePath": OLD, **first}))["id"]
    answer = await sent(routes, EDIT, {"group": {"spotGroupId": group_id}, "name": edit})
    assert answer.status_code == 202, answer.get_body()
    assert await data_path(routes, group_id) == path


@pytest.mark.parametrize(
    ("profile", "begins"),
    [
        ({}, {"profilePath": OLD, "sharedDrive": True}),
        ({"dataPath": DATA}, {"profilePath": OLD, "dataPath": DATA, "sharedDrive": True}),
        ({"sharedDrive": False}, {"profilePath": OLD, "sharedDrive": False}),
    ],
)
async def test_an_edit_begins_with_one_path_where_one_serves_for_both(
    office: Office, routes: dict[str, Any], profile: dict[str, Any], begins: dict[str, Any]
) -> None:
    group_id = (await created(routes, {"profilePath": OLD, **profile}))["id"]
    shown = json.loads((await ask(routes[SHOW], SHOW, at={"wizard": EDIT}, query={"id": group_id})).get_body())
    values = next(step["values"] for step in shown["steps"] if step["name"] == "name")
    assert {
        name: value for name, value in values.items() if name in {"profilePath", "dataPath", "sharedDrive"}
    } == begins


async def test_a_path_that_no_desktop_would_show_is_refused(office: Office, routes: dict[str, Any]) -> None:
    profile = {"profilePath": OLD, "dataPath": DATA, "sharedDrive": False}
    answer = await sent(routes, CREATE, {**SPOT_FORMS[CREATE], "profile": profile})
    assert (answer.status_code, [pointer for pointer, _ in told(answer)]) == (400, ["/profile/dataPath"])
