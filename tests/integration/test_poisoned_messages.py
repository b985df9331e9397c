"""A message of the queue of directory changes that cannot be carried out is put aside once, with why."""

import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.services.tenants import directory_changes
from shared.services.tenants.directory_changes import Received, receive_message
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices

USER = "cccccccc-0000-4000-8000-000000000003"
GOOD = {"tenantId": "contoso", "type": "userLicense", "userIds": [USER], "at": "2026-03-02T08:00:00Z"}
UNREADABLE = "not JSON that can be read: nested too deep, or a number with too many digits or without an end"
NO_GUID = "write it as a GUID in lower case, such as 11111111-2222-3333-4444-555555555555"


def but(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


REASONS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON: Expecting value, at character 0"),
    "no text": (b'{"tenantId": "\xff"}', "not UTF-8: at byte 14"),
    "UTF-16": (but().decode().encode("utf-16"), "not UTF-8: at byte 0"),
    "cut off": (but()[:-1], f"not JSON: Expecting ',' delimiter, at character {len(but()) - 1}"),
    "deep": (b"[" * 20_000, UNREADABLE),
    "a long number": (b"9" * 5000, UNREADABLE),
    "a number without an end": (but(at=1e400), UNREADABLE),
    "a member that is named twice": (
        but()[:-1] + b', "tenantId": "fabrikam"}',
        "/tenantId: is named twice; write it once",
    ),
    "a list": (b"[]", ": must be an object"),
    "null": (b"null", ": must be an object"),
    "no tenant": (without("tenantId"), "/tenantId: required"),
    "no type": (without("type"), "/type: required"),
    "no time": (without("at"), "/at: required"),
    "a number for the tenant": (but(tenantId=7), "/tenantId: write a text"),
    "another type": (
        but(type="nonsense"),
        "/type: write one of groupMembership, userLicense, group or user",
    ),
    "a time that is none": (but(at="soon"), "/at: write a date and time such as 2026-01-31T08:00:00Z"),
    "an address for an id": (but(userIds=["ada@contoso.example"]), f"/userIds/0: {NO_GUID}"),
    "too many users": (but(userIds=[USER] * 101), "/userIds: name at most 100"),
    "an unknown field": (but(colour="red"), "/colour: unknown field; leave it out"),
    "another spelling": (but(user_ids=[USER]), "/user_ids: unknown field; leave it out"),
    "two faults": (but(type="x", at=7), "/type: write one of groupMembership, userLicense, group or user; "),
    "a tenant that there is not": (but(tenantId="fabrikam"), "there is no tenant fabrikam"),
    "a tenant that there cannot be": (but(tenantId="a/b\u0000#?"), "there is no tenant a/b\u0000#?"),
    "half a character": (
        rb'{"tenantId": "\ud800"}',
        ": leave out characters that are not whole (such as \\ud800), and nest no deeper than the form does",
    ),
}
"""Received messages, and the reason with which they are put aside (its beginning, where there are two)."""


class Aside:
    """The queue of messages that were put aside; its messages are in base64, as the service's client sends them."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def send_message(self, text: str) -> None:
        self.texts.append(base64.b64encode(text.encode()).decode())

    async def peek_messages(self, *, max_messages: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(content=text) for text in self.texts[:max_messages]]

    @property
    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(base64.b64decode(text)) for text in self.texts]


@pytest.fixture
def aside(contoso: PaperServices, monkeypatch: pytest.MonkeyPatch) -> Aside:
    """Give the service the queue of messages that were put aside."""
    queue = Aside()
    monkeypatch.setattr(contoso, "queue", {"directory-changes-poison": queue}.__getitem__)
    return queue


@pytest.mark.parametrize("which", REASONS)
async def test_a_wrong_message_is_put_aside_with_its_reason(contoso: PaperServices, aside: Aside, which: str) -> None:
    message, reason = REASONS[which]
    host = IdleHost()
    await receive_message(contoso, host, Received(id="m", tries=1, body=message))
    (kept,) = aside.kept
    assert kept["reason"] == reason or (which == "two faults" and kept["reason"].startswith(reason))
    assert kept["message"] == message.decode("utf-8", "replace")[:16_000]
    assert (kept["at"], kept["id"]) == (things.NOW.isoformat(), "m")
    assert host.started == []


async def test_a_right_message_is_carried_out_and_put_nowhere(contoso: PaperServices, aside: Aside) -> None:
    host = IdleHost()
    await receive_message(contoso, host, Received(id="m", tries=1, body=but()))
    assert (aside.kept, len(host.started)) == ([], 1)


async def test_what_fails_is_tried_five_times_and_then_put_aside_with_why(
    contoso: PaperServices, aside: Aside, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise UnavailableError("the storage does not answer")

    monkeypatch.setattr(directory_changes, "report_changes", fails)
    for tries in range(1, 5):
        with pytest.raises(UnavailableError):
            await receive_message(contoso, IdleHost(), Received(id="m", tries=tries, body=but()))
    assert aside.kept == []
    await receive_message(contoso, IdleHost(), Received(id="m", tries=5, body=but()))
    assert [kept["reason"] for kept in aside.kept] == ["tried 5 times: the storage does not answer"]


async def test_a_message_that_is_delivered_again_after_it_was_put_aside_is_put_aside_once(
    contoso: PaperServices, aside: Aside
) -> None:
    """The process can end after it has put a message aside and before the host has deleted it."""
    await aside.send_message("%% the host has moved this one by itself")
    for tries in (1, 2, 3):
        await receive_message(contoso, IdleHost(), Received(id="first", tries=tries, body=b"not JSON"))
    await receive_message(contoso, IdleHost(), Received(id="second", tries=2, body=b"not JSON"))
    assert [json.loads(base64.b64decode(text))["id"] for text in aside.texts[1:]] == ["first", "second"]


CLAIMS: dict[str, Any] = {
    "DequeueCount": 99,
    "id": "own",
    "PopReceipt": "x",
    "queueTrigger": "over",
    "insertiontime": "soon",
}
"""Facts about itself in a message: Microsoft's host hands the first on as the count of deliveries (docs/func.md)."""


async def test_a_message_with_its_own_count_is_carried_out(contoso: PaperServices, aside: Aside) -> None:
    host = IdleHost()
    await receive_message(contoso, host, Received(id="own", tries=99, body=but(**CLAIMS)))
    assert (aside.kept, len(host.started)) == ([], 1)


async def test_a_message_with_its_own_count_is_tried_again_like_any_other(
    contoso: PaperServices, aside: Aside, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise UnavailableError("the storage does not answer")

    monkeypatch.setattr(directory_changes, "report_changes", fails)
    for _ in range(6):
        with pytest.raises(UnavailableError):
            await receive_message(contoso, IdleHost(), Received(id="m", tries=5, body=but(dequeuecount=5)))
    assert aside.kept == []


async def test_an_unreadable_message_that_claims_an_earlier_one_s_id_is_put_aside_too(
    contoso: PaperServices, aside: Aside
) -> None:
    for body in (b"not JSON", b'{"id": "first"}'):
        await receive_message(contoso, IdleHost(), Received(id="first", tries=2, body=body))
    assert len(aside.kept) == 2


def test_no_fact_about_a_message_is_a_field_of_one() -> None:
    fields = {name.lower() for name in directory_changes.DirectoryChange.model_json_schema()["properties"]}
    assert fields & directory_changes._FACTS == set()
