"""Users who have signed in with a browser, kept in a sealed cookie."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from azure_simulator.entra.sign_in import tickets
from azure_simulator.entra.sign_in.tickets import TicketError
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Answer
    from azure_simulator.core.calls import Call

COOKIE = "ESTSAUTH"
_MOST = 8


def accounts(call: Call, tenant: str) -> list[tuple[str, str]]:
    """Return (directory, user) of everybody who has signed in and still can, the latest first; `tenant` narrows."""
    directory = directory_of(call.world)
    found = []
    for each, user in _read(call):
        doc = directory.get("user", each, user)
        if tenant in {"", each} and doc is not None and doc.get("accountEnabled", True):
            found.append((each, user))
    return found


def _read(call: Call) -> list[tuple[str, str]]:
    try:
        sealed = SimpleCookie(call.headers.get("cookie", "")).get(COOKIE)
        content = tickets.read(call.world, tickets.SESSION, sealed.value) if sealed else {}
    except (CookieError, TicketError):
        return []
    return [(str(tenant), str(user)) for tenant, user in content.get("accounts", ())]


def entered(call: Call, answer: Answer, tenant: str, user: str) -> Answer:
    """Let a browser know who has signed in, beside those who had."""
    rest = [each for each in _read(call) if each != (tenant, user)]
    until_s = tickets.now_s() + tickets.lifetime_s(call.world, tickets.SESSION)
    content = {"accounts": [(tenant, user), *rest][:_MOST]}
    return _set(answer, tickets.seal(call.world, tickets.SESSION, content, until_s))


def left(answer: Answer) -> Answer:
    """Let a browser forget everybody."""
    return _set(answer, "", "; Max-Age=0")


def _set(answer: Answer, value: str, more: str = "") -> Answer:
    answer.headers["Set-Cookie"] = f"{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=None{more}"
    return answer
