"""Lists without end: whichever list of a body they are in, they cost little, and few of their mistakes are answered."""

import copy
import json
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from shared.domain.operations.bulk import MOST_CLOUD_PCS
from tests.integration.asking import ask, told
from tests.integration.bodies import BODIES, REVIEW, SAVE, Json
from tests.integration.callers import Office
from tests.integration.desks import with_a_host
from tests.integration.scenes import SETTING, WORKS
from tests.integration.spot_forms import SPOT_FORMS
from tests.integration.test_wrong_bodies import at, places, pointer
from tests.unit.openapi.test_bounds import BODIES as OF_DOCUMENT
from tests.unit.openapi.test_bounds import DOCUMENT, parts

LONG: dict[str, list[Any]] = {
    "numbers": [0] * 340_000,
    "as many numbers as are read": [0] * 18_000,
    "as many objects as are read": [{}] * 18_000,
    "as many texts as are read": [f"t{n}" for n in range(18_000)],
    "one text": ["t"] * 18_000,
}
MOST_SECONDS = 0.3
MOST_PROBLEMS = 51
FORMS = {
    f"{way} {name}": (route, form, {"wizard": name})
    for name, form in SPOT_FORMS.items()
    for way, route in (("save", SAVE), ("review", REVIEW))
}
PLANS = {"settings": {"servicePlans": {"CPC_E_2C_8GB_128GB": {"vmSizes": ["Standard_D2s_v5"]}}}}
MAIL = {"mail": {"receivers": ["desk@contoso.example"]}}
ALL = (
    BODIES
    | FORMS
    | {
        "change of a service plan": ("PATCH tenants/{tenant}", PLANS, {}),
        "endpoint of mail": (
            "POST tenants/{tenant}/noticeEndpoints",
            {"displayName": "Desk", "kind": "email", **MAIL},
            {},
        ),
        "change of an endpoint of mail": ("PATCH tenants/{tenant}/noticeEndpoints/{id}", MAIL, {"id": "e1"}),
    }
)
LISTS = {
    (name, *where.values(), pointer(place)): (which, place)
    for which, (name, body, where) in ALL.items()
    for place in places(body)
    if isinstance(at(body, place), list)
}.values()
NOT_SENT = {
    "@deskwright.subnetIds": "another name of subnetIds",
    "value": "of Graph's notifications, which are refused before any is read",
}


def lists_of(schema: Json, schemas: Json, seen: set[tuple[str, str]], name: str = "") -> Iterator[str]:
    """Yield the name of each list in a body."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        if (target, name) not in seen:
            seen.add((target, name))
            yield from lists_of(schemas[target], schemas, seen, name)
        return
    if schema.get("type") == "array":
        yield name
    for place, part in parts(schema, ""):
        yield from lists_of(part, schemas, seen, place.removeprefix("/") if place not in {"", "[]"} else name)


def test_every_list_of_a_body_is_here() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    known = {name for bodies in OF_DOCUMENT.values() for body in bodies for name in lists_of(body, schemas, set())}
    assert known - {str(place[-1]) for _, place in LISTS} == set(NOT_SENT)


# One in five: another of the five kinds for each list in turn.
@pytest.mark.parametrize("every", [pytest.param(5, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("number", "which", "place"),
    [pytest.param(n, *each, id=f"{each[0]}: {pointer(each[1])}") for n, each in enumerate(LISTS)],
)
async def test_a_long_list_costs_little(
    office: Office, routes: Json, number: int, which: str, place: tuple[str | int, ...], every: int
) -> None:
    await office.cloud_pcs.insert(WORKS)
    await office.user_settings.insert(SETTING)
    await with_a_host(office)
    name, body, where = ALL[which]
    found: dict[str, str] = {}
    for kind, values in islice(LONG.items(), number % every, None, every):
        sent = copy.deepcopy(body)
        at(sent, place[:-1])[place[-1]] = values
        content = json.dumps(sent, separators=(",", ":")).encode()
        begun = time.process_time()
        answer = await ask(routes[name], name, body=content, at={"id": WORKS.id, **where})
        spent = time.process_time() - begun
        problems = len(told(answer))
        refused = answer.status_code == 400 or name == REVIEW  # which answers with what is wrong
        if not refused or spent > MOST_SECONDS or not 0 < problems <= MOST_PROBLEMS:
            found[kind] = f"{answer.status_code}, {problems} problems after {spent:.2f} s"
    assert found == {}


async def test_the_longest_lists_that_are_allowed_are_read(office: Office, routes: Json) -> None:
    ids = [f"{n:08}-2222-4222-8222-222222222222" for n in range(2 * MOST_CLOUD_PCS)]
    body = {"action": "reboot", "cloudPcIds": ids[:MOST_CLOUD_PCS], "excludeCloudPcIds": ids[MOST_CLOUD_PCS:]}
    name = "POST tenants/{tenant}/bulkActions"
    answer = await ask(routes[name], name, body=json.dumps({**body, "dryRun": True}).encode(), at={})
    assert answer.status_code == 200, answer.get_body()
