"""A message of the queue of directory changes that cannot be carried out is put aside once, with why."""

import json
from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.services import directory_changes
from shared.services.directory_changes import receive_message
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
"""What comes, and the reason that it is put aside with (its beginning, where there are two)."""


@pytest.fixture
def aside(contoso: PaperServices, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What arrives on the queue of messages that were put aside."""
    del contoso
    sent: list[dict[str, Any]] = []

    async def put(_: Any, name: str, message: dict[str, Any]) -> None:
        assert name == "directory-changes-poison"
        sent.append(message)

    monkeypatch.setattr(directory_changes, "put_on_queue", put)
    return sent


@pytest.mark.parametrize("which", REASONS)
async def test_a_wrong_message_is_put_aside_with_its_reason(
    contoso: PaperServices, aside: list[dict[str, Any]], which: str
) -> None:
    message, reason = REASONS[which]
    host = IdleHost()
    await receive_message(contoso, host, message, tries=1)
    (kept,) = aside
    assert kept["reason"] == reason or (which == "two faults" and kept["reason"].startswith(reason))
    assert kept["message"] == message.decode("utf-8", "replace")[:16_000]
    assert kept["at"] == things.NOW.isoformat()
    assert host.started == []


async def test_a_right_message_is_carried_out_and_put_nowhere(
    contoso: PaperServices, aside: list[dict[str, Any]]
) -> None:
    host = IdleHost()
    await receive_message(contoso, host, but(), tries=1)
    assert (aside, len(host.started)) == ([], 1)


async def test_what_fails_is_tried_five_times_and_then_put_aside_with_why(
    contoso: PaperServices, aside: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise UnavailableError("the storage does not answer")

    monkeypatch.setattr(directory_changes, "report_changes", fails)
    for tries in range(1, 5):
        with pytest.raises(UnavailableError):
            await receive_message(contoso, IdleHost(), but(), tries=tries)
    assert aside == []
    await receive_message(contoso, IdleHost(), but(), tries=5)
    assert [kept["reason"] for kept in aside] == ["tried 5 times: the storage does not answer"]
