"""User settings as Graph's clients write them: what is off may be said, what we do not have is refused."""

import json
from typing import Any

import pytest

from tests.integration.asking import ask
from tests.integration.callers import Office

OFF = {
    "crossRegionDisasterRecoverySetting": {
        "@odata.type": "#microsoft.graph.cloudPcCrossRegionDisasterRecoverySetting",
        "crossRegionDisasterRecoveryEnabled": False,
        "disasterRecoveryNetworkSetting": None,
        "disasterRecoveryType": "notConfigured",
    },
    "notificationSetting": {"restartPromptsDisabled": False},
    "provisioningSourceType": "image",
    "assignments": None,
}
SETTINGS = "POST …/userSettings"


async def made(routes: dict[str, Any], name: str, body: dict[str, Any], **at: str) -> tuple[int, Any]:
    answer = await ask(routes[name], name, body=json.dumps(body).encode(), at=at)
    return answer.status_code, json.loads(answer.get_body() or b"null")


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ({"frequencyInHours": 16, "userRestoreEnabled": True}, ("sixteenHours", True)),
        ({"frequencyInHours": 4, "frequencyType": "fourHours"}, ("fourHours", False)),
        ({"frequencyInHours": None, "frequencyType": "default"}, ("default", False)),
    ],
)
async def test_a_body_of_a_graph_client_is_taken(
    office: Office, routes: dict[str, Any], point: dict[str, Any], expected: tuple[str, bool]
) -> None:
    body = {"displayName": "Example", "lastModifiedDateTime": "2026-01-01T00:00:00Z", "restorePointSetting": point}
    status, said = await made(routes, SETTINGS, {**body, **OFF})
    assert status == 201, said
    kept = (await office.user_settings.get("contoso", said["id"])).value.restore_point_setting
    assert (kept.frequency_type, kept.user_restore_enabled) == expected
    change = {"restorePointSetting": {"frequencyInHours": 24}}
    assert (await made(routes, "PATCH …/userSettings/{id}", change, id=said["id"]))[0] == 204
    kept = (await office.user_settings.get("contoso", said["id"])).value.restore_point_setting
    assert (kept.frequency_type, kept.user_restore_enabled) == ("twentyFourHours", expected[1])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"restorePointSetting": {"frequencyInHours": 5}}, "/restorePointSetting/frequencyInHours"),
        ({"restorePointSetting": {"frequencyInHours": True}}, "/restorePointSetting/frequencyInHours"),
        ({"restorePointSetting": {"frequencyInHours": 4, "frequencyType": "sixHours"}}, "/restorePointSetting/"),
        ({"restorePointSetting": {"frequencyType": "unknownFutureValue"}}, "/restorePointSetting/frequencyType"),
        ({"provisioningSourceType": "snapshot"}, "/provisioningSourceType"),
        ({"crossRegionDisasterRecoverySetting": {"crossRegionDisasterRecoveryEnabled": True}}, "/crossRegion"),
        ({"notificationSetting": "off"}, "/notificationSetting"),
        ({"assignments": [{}]}, "/assignments"),
    ],
)
async def test_what_user_settings_do_not_have_is_refused(
    office: Office, routes: dict[str, Any], wrong: dict[str, Any], pointer: str
) -> None:
    status, said = await made(routes, SETTINGS, {"displayName": "Example", **wrong})
    assert (status, said["error"]["details"][0]["target"].startswith(pointer)) == (400, True)
    assert [stored.value.id async for stored in office.user_settings.each("contoso")] == []
