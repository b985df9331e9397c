"""Change notifications that anybody may send: what they cost, what they cause, what the log has of them."""

import json
import logging
from collections.abc import AsyncIterator
from time import process_time
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

from shared.domain.tenants.directory import client_state
from shared.services.tenants import directory_changes, directory_subscriptions
from shared.storage.repository import Stored
from tests.integration import things
from tests.integration.services import PaperServices
from triggers.http.tenants import directory

KEY = "the vault's key"
USER = "cccccccc-0000-4000-8000-000000000003"


@pytest.fixture
def queued(contoso: PaperServices, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Messages that arrive on the queue of directory changes of a tenant that has notifications."""
    sent: list[dict[str, Any]] = []

    async def key(_: Any) -> tuple[str, str]:
        return KEY, "v1"

    async def put(_: Any, __: str, message: dict[str, Any]) -> None:
        sent.append(message)

    monkeypatch.setattr(directory_subscriptions, "notification_key", key)
    monkeypatch.setattr(directory_changes, "put_on_queue", put)
    del contoso
    return sent


async def post(*value: Any) -> int:
    return await post_text(json.dumps({"value": value}))


async def post_text(text: str) -> int:
    route: Any = directory.receive_notifications
    handler = route._function.get_user_function()
    body = text.encode()
    request = func.HttpRequest(method="POST", url="http://api/graph/notifications", params={}, body=body)
    answer: func.HttpResponse = await handler(request)
    return int(answer.status_code)


def genuine(**more: Any) -> dict[str, Any]:
    state = client_state(KEY, things.DIRECTORY)
    data = {"@odata.type": "#Microsoft.Graph.User", "id": USER}
    return {"tenantId": things.DIRECTORY, "clientState": state, "resource": "users", "resourceData": data, **more}


async def test_what_graph_sends_goes_on_once_for_each_user(queued: list[dict[str, Any]]) -> None:
    assert await post(genuine(), genuine(), genuine(tenantId=things.DIRECTORY.upper())) == 202
    assert [message["userIds"] for message in queued] == [[USER]]


async def test_what_is_no_user_id_goes_nowhere(queued: list[dict[str, Any]]) -> None:
    others = [{"id": odd} for odd in ("delta", f"{USER}\n", 7, None, ["x"], f"{USER}/x")]
    data = {"@odata.type": 1, "members@delta": [*others, "x", {"id": USER.upper()}]}
    assert await post(genuine(resourceData=data), genuine(resourceData={"members@delta": 5})) == 202
    assert [message["userIds"] for message in queued] == [[USER]]


async def test_a_thousand_directories_that_nobody_has_cost_one_read(
    queued: list[dict[str, Any]], contoso: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, each = [], contoso.tenants.each

    def counted(**filters: Any) -> AsyncIterator[Stored[Any]]:
        reads.append(filters)
        return each(**filters)

    monkeypatch.setattr(contoso.tenants, "each", counted)
    forged = [genuine(tenantId=str(uuid4()), clientState="guessed") for _ in range(1000)]
    assert await post(genuine()) == 202
    began = process_time()
    assert await post(*forged) == 202
    assert process_time() - began < 0.25
    assert len(reads) == 1
    assert len(queued) == 1


async def test_more_than_graph_sends_is_refused(queued: list[dict[str, Any]]) -> None:
    assert await post(*[genuine()] * 1001) == 413
    assert queued == []


async def test_what_names_a_member_twice_is_not_graph_s(queued: list[dict[str, Any]]) -> None:
    sent = json.dumps({"value": [genuine()]})
    assert await post_text(sent[:-1] + ', "value": []}') == 400
    assert queued == []


async def test_the_log_has_one_line_and_nothing_that_was_sent(
    queued: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    forged = [{"tenantId": f"x{n}\n12:00 all is well\x00", "clientState": "guessed"} for n in range(50)]
    with caplog.at_level(logging.INFO):
        assert await post(*forged, {**genuine(), "clientState": "guessed"}) == 202
    ours = [record for record in caplog.records if record.name.startswith("deskwright")]
    assert [record.getMessage() for record in ours] == ["51 of 51 notifications of a request were not Graph's"]
    assert queued == []
