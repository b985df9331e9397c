"""The mail preferences of users: their own alone, the same in all tenants of their directory."""

import asyncio
import json
from typing import Any

from shared.domain.notices.endpoint import EndpointKind
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.notice_scenes import ENDPOINT

GET, PATCH = "GET me/notices", "PATCH me/notices"
EVENING = {"startTime": "20:00:00", "endTime": "07:00:00"}


async def choose(routes: dict[str, Any], **body: Any) -> Any:
    return await ask(routes[PATCH], PATCH, body=json.dumps(body).encode())


async def shown(routes: dict[str, Any]) -> Any:
    return json.loads((await ask(routes[GET], GET)).get_body())


async def test_a_user_has_set_nothing_at_first_and_reads_what_they_have_set(
    office: Office, routes: dict[str, Any]
) -> None:
    first = await shown(routes)
    assert (first["optedOut"], first["quietHours"], first["mailed"]) == ([], None, False)
    assert "cloudpc.removed" not in {each["type"] for each in first["choices"]}
    await office.notice_endpoints.change("contoso", ENDPOINT.id, lambda each: each.but(kind=EndpointKind.USERS))
    answer = await choose(routes, optedOut=["cloudpc.idle"], quietHours=EVENING, timeZone="Europe/Berlin")
    assert answer.status_code == 200
    second = await shown(routes)
    assert (second["optedOut"], second["quietHours"], second["mailed"]) == (["cloudpc.idle"], EVENING, True)
    assert (await choose(routes, quietHours=None)).status_code == 200
    third = await shown(routes)
    assert (third["optedOut"], third["quietHours"], third["timeZone"]) == (["cloudpc.idle"], None, "Europe/Berlin")


async def test_nobody_opts_out_of_what_is_always_sent(office: Office, routes: dict[str, Any]) -> None:
    answer = await choose(routes, optedOut=["cloudpc.grace.started"])
    assert answer.status_code == 400
    assert "is always sent" in answer.get_body().decode()
    assert [each async for each in office.personal_notices.each("contoso")] == []


async def test_the_same_twice_and_at_once_is_one_record_and_one_event(office: Office, routes: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(choose(routes, optedOut=["cloudpc.idle"]) for _ in range(2)))
    assert {each.status_code for each in answers} <= {200, 409, 412}
    assert (await choose(routes, optedOut=["cloudpc.idle"])).status_code == 200
    (record,) = [each.value async for each in office.personal_notices.each("contoso")]
    assert record.opted_out == ("cloudpc.idle",)
    events = [each.value async for each in office.audit.each("contoso")]
    assert len([each for each in events if each.resource_type == "personalNotices"]) == 1
