"""Messages about a body: every field of every route, at any depth, is given every kind of wrong value.

Each answer names the field itself, and has a sentence that says what to write.
"""

import copy
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.integration.asking import ask, told
from tests.integration.bodies import BODIES, SAVE, Json
from tests.integration.callers import Office
from tests.integration.desks import with_a_host
from tests.integration.scenes import SETTING, WORKS

EITHER = {
    *((f"/{change}", "") for change in ("assign", "edit", "settings", "pause")),
    ("/filter", "/cloudPcIds"),
    ("/subnetIds", "/subnetId"),
    ("/appScopeIds", "/directoryScopeIds"),
    ("/site/isGlobal", "/site/siteId"),
    ("/recipe/steps/1/packageId", "/recipe/steps/1/script"),
}
"""One of two is needed: the first of them is named where both are missing."""
WHOLE = ("/scopeIds", "/microsoftManagedDesktop")
"""Properties that Graph's clients send along: only the whole of it can be right or wrong."""

TOO_MUCH: list[Any] = [10**12, "x" * 25_000, ["a"] * 6000]
"""More than any field takes."""
WRONG: list[Any] = [None, True, -1, 10**12, "", "?\n", "x" * 25_000, [], [["?"]], ["a"] * 6000, {"?": 1}]
SAYS_WHAT_TO_DO = re.compile(
    r"\b(write|name|choose|leave|must|may|required|use|build|there is no such|exists|cannot change|did you mean)\b"
)
NEVER = re.compile(
    r"\b(String|Input|Tuple|List|Set|Dictionary|Dict|Value error|NoneType|pattern|valid (string|integer|tuple)"
    r"|table|row|[A-Z][a-z]+[A-Z][A-Za-z]*(Error|Step|Form|Body|Value|Exception))\b|docs/api\.md|None\b|(^|[\s(\[])'\w"
)


def places(body: Any, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of each value of a body, at any depth."""
    if here:
        yield here
    items: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in items:
        yield from places(value, (*here, name))


def at(body: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        body = body[part]
    return body


def pointer(place: tuple[str | int, ...]) -> str:
    return "".join(f"/{part}" for part in place)


def spoilt(body: Json, wrongs: list[Any]) -> Iterator[tuple[str, Json]]:
    """Yield bodies in which one field is wrong, with the pointer of that field."""
    for place in places(body):
        for wrong in wrongs:
            changed = copy.deepcopy(body)
            at(changed, place[:-1])[place[-1]] = wrong
            yield pointer(place), changed
        changed = copy.deepcopy(body)
        del at(changed, place[:-1])[place[-1]]
        if isinstance(place[-1], str):
            yield pointer(place), changed
    for place in [(), *places(body)]:
        if isinstance(at(body, place), dict):
            changed = copy.deepcopy(body)
            at(changed, place)["nobodyKnowsThis"] = 1
            yield pointer((*place, "nobodyKnowsThis")), changed


def rename(body: Json, field: str, number: int) -> None:
    """Give the resource a name of its own: a name that is taken would be no fault of this body."""
    for place in (("displayName",), ("name", "displayName"), ("detail", "displayName"), ("id",)):
        holder = body if len(place) == 1 else body.get(place[0])
        if isinstance(holder, dict) and isinstance(holder.get(place[-1]), str) and field != pointer(place):
            holder[place[-1]] += f"-{number}" if place == ("id",) else f" {number}"


def faults(answer: Any, field: str) -> Iterator[str]:
    """Yield the faults of an answer to a body whose *field* is wrong."""
    for found, message in told(answer):
        if (
            re.fullmatch(r"and \d+ more", message)
            or (field, found) in EITHER
            or (found in WHOLE and field.startswith(f"{found}/"))
        ):
            continue
        if found != field and not found.startswith(f"{field}/"):
            yield f"points to {found}: {message}"
        if not SAYS_WHAT_TO_DO.search(message):
            yield f"does not say what to write: {message}"
        if word := NEVER.search(message):
            yield f"has the word {word.group()!r}: {message}"
        if "x" * 50 in message:
            yield "repeats what was sent"


def test_every_route_with_a_body_is_here(routes: dict[str, Any]) -> None:
    from triggers.http.openapi import routes as declared

    taking = {
        f"{route.method.upper()} {route.address}"
        for route in declared()
        if route.metadata is not None and route.metadata.accepts is not None
    }
    base = "tenants/{tenant}/{version}/deviceManagement/virtualEndpoint"
    assert {name.replace("…", base) for name, _, _ in BODIES.values()} == taking - {"POST graph/notifications"}


# One in eleven: one of the values for each field or nearly each, and each value for some fields.
@pytest.mark.parametrize("every", [pytest.param(11, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
@pytest.mark.parametrize("which", BODIES)
async def test_a_wrong_field_is_named_and_said_how_to_write(
    office: Office, routes: dict[str, Any], which: str, every: int
) -> None:
    await office.cloud_pcs.insert(WORKS)
    await office.user_settings.insert(SETTING)
    await with_a_host(office)
    name, body, where = BODIES[which]
    found: dict[str, str] = {}
    wrongs = WRONG[::4] if name == SAVE else WRONG  # it is read as its review is
    for number, (field, sent) in islice(enumerate(spoilt(body, wrongs)), None, None, every):
        rename(sent, field, number)
        answer = await ask(routes[name], name, body=json.dumps(sent).encode(), at={"id": WORKS.id, **where})
        assert answer.status_code < 500, (field, sent, answer.get_body())
        if "nobodyKnowsThis" in field and "/seats/" not in field and not told(answer):
            found[field] = f"{answer.status_code} to an unknown field"
        if at_pointer(sent, field) in TOO_MUCH and not told(answer) and field != "/id":  # decision 121
            found[f"{field} {number}"] = f"{answer.status_code} to more than it takes"
        if answer.status_code == 400 and not told(answer):
            found[f"{field} {number}"] = "400 without an error"
        for fault in faults(answer, field):
            found[f"{field} = {json.dumps(at_pointer(sent, field))[:60]}"] = fault
    assert found == {}


def at_pointer(body: Any, field: str) -> Any:
    for part in field.split("/")[1:]:
        body = body.get(part, "(missing)") if isinstance(body, dict) else body[int(part)]
    return body
