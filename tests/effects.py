"""No activity changes more in a cloud than its contract says, as its calls show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.clients.pipeline import PacingPolicy
from shared.contracts.calls import EFFECT
from shared.contracts.definitions import Effect

_READING_POSTS = (
    "$batch",
    "getmembergroups",
    "checkmembergroups",
    "getbyids",
    "listregistrationtokens",
    "retrieveregistrationtoken",
    "resources",
    "generate",
)
"""The last segments of addresses to which a POST changes nothing; of a batch each call is looked at."""
_SILENT = frozenset({Effect.READS, Effect.RECORDS})


def beyond(effect: Effect | None, method: str, url: str, body: str | bytes | None = None) -> bool:
    """Whether a call does more than *effect* allows; None: it is not made by an activity."""
    if effect is Effect.KEEPS:
        return method == "DELETE"
    if effect not in _SILENT or method in {"GET", "HEAD", "OPTIONS"}:
        return False
    name = urlsplit(url).path.rstrip("/").rpartition("/")[2].lower()
    if method != "POST" or name not in _READING_POSTS:
        return True
    inner = json.loads(body or "{}").get("requests", []) if name == "$batch" else []
    return any(beyond(effect, each["method"], each["url"]) for each in inner)


@contextmanager
def held_to_effects() -> Iterator[None]:
    """Fail for every call that an activity makes beyond its effect, also where it catches the error."""
    wrong: list[str] = []
    send = PacingPolicy.send

    async def held(policy: PacingPolicy, request: Any) -> Any:
        sent, effect = request.http_request, EFFECT.get()
        content = getattr(sent, "content", None)
        if beyond(effect, sent.method, sent.url, content if isinstance(content, str | bytes) else None):
            wrong.append(f"an activity that {effect} has sent {sent.method} {sent.url}")
            raise AssertionError(wrong[-1])
        return await send(policy, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PacingPolicy, "send", held)
        yield
    assert not wrong, wrong


@pytest.fixture(autouse=True)
def effects_hold() -> Iterator[None]:
    """Hold every activity of a test to the effect of its contract."""
    with held_to_effects():
        yield
