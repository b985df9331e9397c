"""The API accepts its own answers: each kind that Graph's clients create is made and changed with a GET's result.

Generated from what the app registers: a kind that can be created without a row here fails.
"""

import json
from typing import Any

import pytest

from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import PASSWORD, SCENES

WRITE_ONLY = {"…/onPremisesConnections": {"adDomainPassword": PASSWORD}}
"""Properties that no answer shows, and a new object needs."""
NETWORK = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/corp"
READ_ONLY: dict[str, dict[str, Any]] = {
    "…/onPremisesConnections": {"healthCheckStatus": "failed", "healthCheckPaused": True, "inUse": True},
    "…/provisioningPolicies": {"createdBy": "eve", "createdDateTime": None, "@deskwright.paused": {"by": "eve"}},
    "…/deviceImages": {"status": "failed", "osStatus": "supported", "@deskwright.regions": ["japaneast"]},
    "…/powerSchedules": {"lastModifiedDateTime": "2026-01-01T00:00:00Z"},
    "…/maintenanceWindows": {"lastModifiedDateTime": "2026-01-01T00:00:00Z"},
    "…/deviceManagementScripts": {"digest": "0", "version": 7},
    "…/userSettings": {"lastModifiedDateTime": "2026-01-01T00:00:00Z"},
}
FIRST: dict[str, dict[str, Any]] = {
    "…/onPremisesConnections": {
        "connectionType": "hybridAzureADJoin",
        "siteId": "east",
        "virtualNetworkId": NETWORK,
        "subnetIds": [f"{NETWORK}/subnets/a", f"{NETWORK}/subnets/b"],
        "adDomainName": "corp.example",
        "adDomainUsername": "join@corp.example",
        "adDomainPassword": PASSWORD,
    },
    "…/provisioningPolicies": {
        "cloudPcNamingTemplate": "PC-%RAND:6%",
        "@deskwright.securityDefaults": {"drives": True},
    },
    "…/deviceImages": {"siteId": "east"},
    "…/powerSchedules": {"timeZone": "Asia/Kathmandu", "stopAction": "hibernate"},
    "…/deviceManagementScripts": {"description": "It compresses", "packageVersion": "24.09"},
    "…/maintenanceWindows": {"description": "Nobody works then", "notificationLeadTimeInMinutes": 0},
    "…/userSettings": {"restorePointSetting": {"frequencyType": "sixHours", "userRestoreEnabled": True}},
}
"""Objects that are made first, beside the body of the scene."""


def kinds(routes: dict[str, Any]) -> list[str]:
    """The collections of Graph's shape in which something can be made, and shown by its id."""
    made = [name.removeprefix("POST ") for name in routes if name.startswith("POST …/")]
    return [name for name in made if f"GET {name}/{{id}}" in routes]


async def said(routes: dict[str, Any], name: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    raw = b"" if body is None else json.dumps(body).encode()
    answer = await ask(routes[name], name, body=raw, **more)
    return answer.status_code, json.loads(answer.get_body() or b"null")


def test_every_kind_that_can_be_created_is_tried(routes: dict[str, Any]) -> None:
    assert sorted(FIRST) == sorted(kinds(routes))


OWN = {"id", "displayName", "@odata.etag", "@deskwright.operationId"}
"""Properties that no two of a kind have in common, beside the times."""


@pytest.fixture
async def two_sites(office: Office) -> Office:
    await office.sites.insert(things.site(id="east", region="northeurope"))
    return office


async def first(routes: dict[str, Any], kind: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Make one, assigned where that can be; return its id, and where and how all of it is shown."""
    status, made = await said(routes, f"POST {kind}", {**(SCENES[f"POST {kind}"].body or {}), **FIRST[kind]})
    assert status == 201, made
    at = {"id": made["id"]}
    if f"POST {kind}/{{id}}/assign" not in routes:
        return made["id"], at, {}
    body = {"assignments": [{"target": {"groupId": "g2"}}]}
    assert (await said(routes, f"POST {kind}/{{id}}/assign", body, at=at))[0] == 204
    return made["id"], at, {"$expand": "assignments"}


def but(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the properties of a view without some, and without times."""
    return {name: each for name, each in shown.items() if name not in names and not name.endswith("DateTime")}


@pytest.mark.usefixtures("two_sites")
@pytest.mark.parametrize("kind", sorted(FIRST))
async def test_a_patch_with_what_get_shows_changes_nothing(routes: dict[str, Any], kind: str) -> None:
    _, at, expand = await first(routes, kind)
    _, shown = await said(routes, f"GET {kind}/{{id}}", at=at, query=expand)
    status, answered = await said(routes, f"PATCH {kind}/{{id}}", shown, at=at)
    _, after = await said(routes, f"GET {kind}/{{id}}", at=at, query=expand)
    assert status in {200, 204}, answered
    assert but(after, "@odata.etag") == but(shown, "@odata.etag")


@pytest.mark.usefixtures("two_sites")
@pytest.mark.parametrize("kind", sorted(FIRST))
async def test_what_get_shows_is_posted_as_new(routes: dict[str, Any], kind: str) -> None:
    made, at, expand = await first(routes, kind)
    _, shown = await said(routes, f"GET {kind}/{{id}}", at=at, query=expand)
    if expand:
        body = {"assignments": shown.pop("assignments")}
        assert (await said(routes, f"POST {kind}/{{id}}/assign", body, at=at))[0] == 204
    status, again = await said(routes, f"POST {kind}", {**shown, **WRITE_ONLY.get(kind, {}), "displayName": "Again"})
    assert status == 201, again
    assert again["id"] != made
    assert but(again, *OWN, "@odata.context") == but(shown, *OWN, "@odata.context")


@pytest.mark.usefixtures("two_sites")
@pytest.mark.parametrize("kind", sorted(FIRST))
async def test_what_only_the_service_sets_is_ignored_in_a_change(routes: dict[str, Any], kind: str) -> None:
    made, at, _ = await first(routes, kind)
    _, shown = await said(routes, f"GET {kind}/{{id}}", at=at)
    status, answered = await said(routes, f"PATCH {kind}/{{id}}", {"id": made[::-1], **READ_ONLY[kind]}, at=at)
    _, after = await said(routes, f"GET {kind}/{{id}}", at=at)
    assert status in {200, 204}, answered
    assert but(after, "@odata.etag") == but(shown, "@odata.etag")
