"""Tickets that a browser or a client carries: codes, refresh tokens, the session. Sealed, so that nothing is kept here.

Their times are real ones, as those of tokens are. The key is the journal's, so that they outlast a restart with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptography.fernet import InvalidToken

from azure_simulator.core.times import SECOND, system_now_us

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

CODE, REFRESH, SESSION = "code", "refresh", "session"
LIFETIMES_S = {CODE: 600.0, REFRESH: 90 * 86_400.0, SESSION: 86_400.0, "spaRefresh": 86_400.0, "deviceCode": 900.0}
"""Lifetimes of tickets, in seconds, unless the setting `signIn` says otherwise.

Sources: learn.microsoft.com/entra/identity-platform/{v2-oauth2-auth-code-flow,refresh-tokens,v2-oauth2-device-code}.
"""


class TicketError(Exception):
    """A text that is none of ours (`unreadable`), or one whose time is over (`expired`)."""


def lifetime_s(world: World, name: str) -> float:
    """Return how long something is good."""
    found: float = world.config.get("signIn", {}).get(f"{name}Seconds", LIFETIMES_S[name])
    return found


def now_s() -> float:
    """Return the real time in seconds since the epoch."""
    return system_now_us() / SECOND


def seal(world: World, kind: str, content: Json, until_s: float) -> str:
    """Return a text that only this cloud can read."""
    data = json.dumps({"kind": kind, "until": until_s, **content}).encode()
    return world.protector.cipher("sign-in").encrypt(data).decode()


def read(world: World, kind: str, text: str) -> Json:
    """Return the content of a sealed text. Raises: TicketError."""
    try:
        found: Json = json.loads(world.protector.cipher("sign-in").decrypt(text.encode()))
    except (InvalidToken, ValueError) as error:
        raise TicketError("unreadable") from error
    if found["kind"] != kind:
        raise TicketError("unreadable")
    if found["until"] <= now_s():
        raise TicketError("expired")
    return found
