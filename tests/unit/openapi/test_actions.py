"""Every row of ACTIONS has its route, its bulk action, its command and its entry of the portal; none has more."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from deskwright.catalogue import NOUNS, WITHOUT_COMMAND
from deskwright.catalogue.words import DESTROYS

from local.portal_bundle import actions
from shared.domain.cloud_pcs.actions import ACTIONS, RESOURCE, OwnAction
from shared.domain.languages import Locale
from shared.domain.notices.texts import words
from shared.domain.spot.groups.actions import GroupAction, HostAction, SpotAction, VersionVerb
from shared.services.actions.bulk import BulkForm
from shared.services.actions.catalogue import BULK_ACTIONS, PERFORMERS
from tests.unit.openapi.test_document import DOCUMENT
from triggers.http.graph import BASE

Json = dict[str, Any]
WORDS = Path(__file__).parents[3] / "portal" / "src" / "words" / "en"
ROUTES: list[tuple[str, Json]] = [
    (path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for operation in methods.values()
    if "x-deskwright-action" in operation
]
TOLD: list[Json] = [operation["x-deskwright-action"] for _, operation in ROUTES]
DESTROYING = {name for name, action in ACTIONS.items() if action.destroys}
COMMANDS = {verb.operation: verb for noun in NOUNS for verb in noun.verbs}


def of(resource: str) -> dict[str, list[tuple[str, Json]]]:
    """Return the routes of a resource's actions, by name."""
    found: dict[str, list[tuple[str, Json]]] = {}
    for path, operation in ROUTES:
        if operation["x-deskwright-action"]["resource"] == resource:
            found.setdefault(operation["x-deskwright-action"]["name"], []).append((path, operation))
    return found


def titles(page: str) -> set[str]:
    """Return the names of the actions that have words on a page of the portal."""
    (block,) = re.findall(r"^  actions: \{\n(.*?)^  \},", (WORDS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^    (\w+): \{", block, re.MULTILINE))


def test_each_action_has_one_route_and_its_permission() -> None:
    found = of(RESOURCE)
    assert found.keys() == ACTIONS.keys()
    for name, action in ACTIONS.items():
        ((path, operation),) = found[name]
        place = f"/{BASE}/cloudPCs/{{id}}/" if action.graph else "/tenants/{tenant}/cloudPCs/{id}/"
        assert (path, operation["x-permission"]) == (f"{place}{action.address}", action.permission)
        told = operation["x-deskwright-action"]
        assert (told["destroys"], told["bulk"], told["own"]) == (action.destroys, action.bulk, action.own is not None)


def test_each_action_that_users_have_of_their_own_has_two_routes() -> None:
    own = {name for name, action in ACTIONS.items() if action.own}
    assert {*OwnAction} == own == of("me").keys()
    for name, found in of("me").items():
        assert Counter(path.startswith("/me/cloudPCs/{id}/") for path, _ in found) == {True: 1, False: 1}
        assert {operation["x-permission"] for _, operation in found} == {f"Microsoft.CloudPC/me/{name}"}
        assert {operation["x-deskwright-action"]["destroys"] for _, operation in found} == {ACTIONS[name].destroys}


def test_the_form_of_an_action_is_the_body_of_its_route() -> None:
    for _, operation in ROUTES:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        assert operation["x-deskwright-action"]["form"] == body.get("schema", {}).get("$ref")


def test_each_action_has_a_use_case_and_a_bulk_action_where_it_may_have_one() -> None:
    assert [*PERFORMERS] == [*ACTIONS]
    assert [*BULK_ACTIONS] == [name for name, action in ACTIONS.items() if action.bulk]
    assert BulkForm.model_fields["action"].description == ", ".join(BULK_ACTIONS)


def test_each_action_has_a_command_or_a_reason_and_asks_exactly_where_it_destroys() -> None:
    for _, operation in ROUTES:
        verb = COMMANDS.get(operation["operationId"])
        assert (verb is None) == (operation["operationId"] in WITHOUT_COMMAND), operation["operationId"]
        if verb is not None:
            assert verb.asks.endswith(DESTROYS) == operation["x-deskwright-action"]["destroys"], verb.name


def test_the_portal_has_words_and_an_address_for_each_action() -> None:
    assert titles("cloud-pcs.ts") == {*ACTIONS, "releaseGrace"}
    assert titles("my.ts") == {*OwnAction}
    module = actions(DOCUMENT)
    for resource in (RESOURCE, "me"):
        for name, found in of(resource).items():
            assert any(f'"{name}": {{\n      "path": "{path}"' in module for path, _ in found)


def test_what_destroys_is_known_once() -> None:
    found = {(action["resource"], action["name"]) for action in TOLD if action["destroys"]}
    assert {name for resource, name in found if resource == RESOURCE} == DESTROYING
    assert {
        *{"reprovision", "reprovisionBuildFirst", "moveToPolicy", "endGracePeriod", "restore"},
        *{"undelete", "handOver"},
    } == DESTROYING
    assert {each for each in found if each[0] not in {RESOURCE, "me"}} == {
        *{("spotGroups", "delete"), ("sessionHosts", "remove")},
        *{("imageVersions", "seal"), ("imageVersions", "delete")},
    }


@pytest.mark.parametrize("rows", [HostAction, GroupAction, VersionVerb])
def test_each_action_of_a_spot_group_has_one_route(rows: type[SpotAction]) -> None:
    for action in rows:
        ((path, operation),) = of(action.resource)[action.value]
        assert operation["x-permission"] == action.permission
        assert path.endswith(f"/{action.value}") or action.value == "delete"
    assert {*of(next(iter(rows)).resource)} == {*rows}


def test_each_action_that_disrupts_has_its_warning_in_every_language() -> None:
    wanted = {action.disrupts for action in ACTIONS.values() if action.disrupts}
    for locale in Locale:
        assert wanted == words(locale)["session"].keys() - {"title"}
