"""Every query of a list's address costs a bounded number of looks at each row, whatever it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.filtering import accepts
from shared.domain.operations.operation import SYSTEM, AuditEvent
from shared.domain.pages import ordered
from shared.errors import InvalidError
from shared.pauses import unhurried
from tests.walking import modules
from triggers.http.lists import csv_file, kept_list, whole_list
from triggers.http.odata import Collection, kinds_of, read_query
from triggers.http.operations import audit
from triggers.http.operations.audit import audit_list

_LONGEST = 8_000
"""Characters: the longest address that a front end of Azure takes has about as many."""
_MOST_SEARCHED = 12
_LOOKS = 50 + 10 * _MOST_SEARCHED
"""At each row: the comparisons of a filter, and ten words in so many properties; whatever was written."""


def collections() -> Iterator[Collection]:
    """Yield every collection that a view declares."""
    for module in modules("triggers.http.views"):
        for value in vars(module).values():
            if isinstance(value, Collection):
                yield value


COLLECTIONS = sorted({each.name: each for each in collections()}.values(), key=lambda each: each.name)


class Counted(dict[str, Any]):
    """A row that counts how often somebody has looked at it."""

    looks = 0

    def get(self, *args: Any) -> Any:
        self.looks += 1
        return super().get(*args)


def longest(pieces: list[str], by: str, before: str = "", after: str = "") -> str:
    """Repeat pieces until the address is full."""
    text = by.join(pieces)
    return before + by.join([text] * max(1, _LONGEST // (len(text) + len(by)))) + after


@st.composite
def written(draw: st.DrawFn) -> tuple[Collection, dict[str, str]]:
    """The parameters of an address as long as it may be: small pieces, again and again."""
    collection = draw(st.sampled_from([each for each in COLLECTIONS if each.kinds]))
    names = st.sampled_from(sorted(collection.kinds))
    value = st.sampled_from(["'x'", "null", "1", "true", "2026-01-31T08:00:00Z", "'2026-01-31T08:00:00Z'"])
    one = st.one_of(
        st.tuples(names, st.sampled_from(["eq", "ne", "gt", "le"]), value).map(" ".join),
        st.tuples(names, value, value).map(lambda parts: f"{parts[0]} in ({parts[1]},{parts[2]})"),
        st.tuples(names, value).map(lambda parts: f"contains({parts[0]},{parts[1]})"),
        st.tuples(names, value).map(lambda parts: f"not not ({parts[0]} eq {parts[1]})"),
    )
    several = st.lists(one, min_size=1, max_size=3)
    joined = st.tuples(several, st.sampled_from([" or ", " and ", " or not "]))
    asked = st.one_of(
        several.map(" or ".join),
        joined.map(lambda parts: longest(parts[0], parts[1])),
        st.tuples(names, value).map(lambda parts: longest([parts[1]], ",", f"{parts[0]} in (", ")")),
        st.integers(1, 4_000).map(lambda deep: "(" * deep + ")" * deep),
        st.text(max_size=200),
    )
    words = st.lists(st.text(max_size=5), min_size=1, max_size=4)
    parameters = {
        "$filter": asked,
        "$orderby": st.one_of(names, names.map(lambda name: longest([name], ","))),
        "$search": st.one_of(words.map(" ".join), words.map(lambda each: longest(each, " "))),
    }
    return collection, draw(st.fixed_dictionaries({}, optional=parameters))


def test_every_list_is_among_them_and_none_is_searched_in_more_properties() -> None:
    assert {"auditEvents", "spotGroups/sessions"} <= {
        each.name.rpartition("virtualEndpoint/")[2] for each in COLLECTIONS
    }
    assert all(len(each.searched) <= _MOST_SEARCHED for each in COLLECTIONS)


@given(written())
def test_a_row_is_looked_at_so_often_at_most(asked: tuple[Collection, dict[str, str]]) -> None:
    collection, parameters = asked
    before = time.process_time()
    try:
        query = read_query(parameters, collection)
    except InvalidError:
        query = None
    assert time.process_time() - before < 1  # some milliseconds, for as long an address as there is
    if query is None:
        return
    row = Counted(dict.fromkeys(collection.kinds, "x"), id="1")
    accepts(query.condition, row)
    assert row.looks <= _LOOKS
    row.looks = 0
    ordered([row], query.order)
    assert row.looks <= len(collection.kinds) + 1


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["id eq 'x'"] * 51),
        " and ".join(["startswith(id,'x')"] * 51),
        "not id ne 'x' or " * 50 + "id in ('x')",
        " or ".join(["(id eq 'x' and id ne 'y')"] * 26),
    ],
)
def test_a_filter_compares_so_often_at_most(text: str) -> None:
    things = Collection("things", kinds=kinds_of("id"))
    with pytest.raises(InvalidError, match="at most 50"):
        read_query({"$filter": text}, things)
    assert read_query({"$filter": text.rpartition(" or ")[0] or text.rpartition(" and ")[0]}, things)


async def turns_beside(work: Awaitable[object]) -> int:
    """Return how often something else had its turn while *work* was done."""
    turns, over = 0, asyncio.Event()

    async def beside() -> None:
        nonlocal turns
        while not over.is_set():
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(beside())
    await work
    over.set()
    await other
    return turns


async def test_others_have_their_turn_while_a_long_list_is_chosen_and_written() -> None:
    async def chosen() -> int:
        return len([each async for each in unhurried(range(5_000))])

    assert await turns_beside(chosen()) >= 50
    assert await turns_beside(csv_file(["a", "b"], ([number, "text"] for number in range(5_000)))) >= 50


MANY = 2_000
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
THINGS = Collection("things", kinds=kinds_of("id"))


def call(accept: str = "application/json", events: Iterable[AuditEvent] = (), **params: str) -> Any:
    """Return a call of a list, with a log on paper: nothing waits for a storage, so that each turn is given."""

    async def among(*_: object, **__: object) -> AsyncIterator[tuple[str, Any]]:
        for event in events:
            yield event.id, SimpleNamespace(value=event)

    async def several(_: str, ids: list[str]) -> list[Any]:
        return [SimpleNamespace(value={"id": each}) for each in ids]

    return SimpleNamespace(
        params=params,
        query=params.get,
        returns=None,
        left_out=(),
        sees=lambda _: True,
        tenant=SimpleNamespace(id="contoso"),
        context=SimpleNamespace(subject=None),
        request=SimpleNamespace(headers={"accept": accept}, url="http://api/things", params={}),
        deps=SimpleNamespace(audit=SimpleNamespace(among=among), things=SimpleNamespace(several=several)),
    )


def log(count: int) -> Iterator[AuditEvent]:
    """Yield the events of a log."""
    for number in range(count):
        yield AuditEvent(
            id=f"e{number}",
            tenant_id="contoso",
            activity="Microsoft.CloudPC/cloudPCs/provision",
            activity_date_time=NOW,
            actor=SYSTEM,
            resource_type="cloudPC",
            resource_id="pc1",
        )


async def test_others_have_their_turn_while_a_kept_list_is_chosen() -> None:
    asked, rows = call(), [{"id": str(number)} for number in range(MANY)]
    assert await turns_beside(kept_list(asked, asked.deps.things, THINGS, dict, rows)) >= MANY // 100


async def test_others_have_their_turn_while_a_whole_list_is_made_and_while_it_is_chosen() -> None:
    views = ({"id": str(number)} for number in range(MANY))
    assert await turns_beside(whole_list(call(), THINGS, views)) >= 2 * MANY // 100


async def test_others_have_their_turn_while_an_audit_log_is_looked_through_and_while_it_is_written() -> None:
    asked = call("text/csv", log(MANY))
    assert await turns_beside(audit_list(asked, "contoso")) >= 2 * MANY // 100


@pytest.mark.parametrize(
    ("bound", "wanted"), [("_IN_A_FILE", {}), ("_LOOKED_AT_FOR_A_FILE", {"$filter": "activity eq 'none'"})]
)
async def test_a_file_of_the_audit_log_ends(
    monkeypatch: pytest.MonkeyPatch, bound: str, wanted: dict[str, str]
) -> None:
    assert audit._IN_A_FILE <= 20_000
    assert audit._LOOKED_AT_FOR_A_FILE <= 100_000
    monkeypatch.setattr(audit, bound, 30)
    assert (await audit_list(call("text/csv", log(30), **wanted), "contoso")).status == 200
    with pytest.raises(InvalidError, match="choose by activityDateTime"):
        await audit_list(call("text/csv", log(31), **wanted), "contoso")
