"""Tables in memory answer as Azurite does: the same requests go to both, and every answer is compared."""

import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession
from azure.core.pipeline.transport import AioHttpTransport

from local.azurite import Azurite
from shared.errors import DeskwrightError
from shared.storage.tables import Read, Row, Table, Tables, Write
from tests.identities import Identity
from tests.integration.furniture import names_of
from tests.integration.memory_filters import UnknownFilterError, compiled
from tests.integration.memory_tables import URL, MemoryTransport, Store

_numbers = itertools.count(1)
KEYS = ("a", "B", "b", "b'c", "é", "x y", "~1|2")
LARGE = "x" * 32_768
ODD_KEYS = ("", "k" * 512, "k" * 513, "a/b", "a\\b", "a#b", "a?b", "a\tb", "100%", "a+b", "a&b", "𝄞", "'", "''")
FILTERS = (
    "PartitionKey eq @p",
    "PartitionKey eq @p and RowKey ge @a and RowKey lt @b",
    "PartitionKey eq @p and ( n gt @n or flag eq @flag )",
    "PartitionKey ge @a",
    "RowKey lt @b or ( RowKey ge @p and n le @n )",
    "n ne @n",
    "text eq @a or flag eq @flag",
)


class Both:
    """The same table in memory and in Azurite, with the ETags that each has given for the same row."""

    def __init__(self, *sides: Tables) -> None:
        self.sides = sides
        self.tables = [Table(side, "rows") for side in sides]
        self.etags: dict[tuple[str, str], list[tuple[str, ...]]] = {}

    async def ask(self, request: Callable[[Table, int], Awaitable[Any]]) -> Any:
        """Send a request to both, and return both answers."""
        found = [await _answer(request(table, side)) for side, table in enumerate(self.tables)]
        shown = [_shown(each) for each in found]
        assert shown[0] == shown[1]
        return found

    async def write(self, key: tuple[str, str], request: Callable[[Table, int], Awaitable[Any]]) -> Any:
        found = await self.ask(request)
        if all(isinstance(each, str) for each in found):
            assert found[0] != found[1]
            self.etags.setdefault(key, []).append(tuple(found))
        return found


async def _answer(request: Awaitable[Any]) -> Any:
    try:
        return await request
    except DeskwrightError as error:
        return type(error), str(error).replace("'", "")


def _shown(answer: Any) -> Any:
    """Return an answer without the parts in which any two storages differ."""
    match answer:
        case Read(row, etag):
            return row, etag[:2]
        case str():
            return answer[:12]
        case [[*rows], token]:
            return [_shown(each) for each in rows], token is None
        case [*several]:
            return [_shown(each) for each in several]
    return answer


@pytest.fixture
async def both(azurite_server: Azurite, session: ClientSession) -> AsyncIterator[Both]:
    prefix = f"both{next(_numbers)}x"
    wire = AioHttpTransport(session=session, session_owner=False)
    sides = (
        Tables(URL, Identity, prefix=prefix, transport=MemoryTransport(Store())),
        Tables(azurite_server.tables_url, Identity, prefix=prefix, transport=wire),
    )
    yield Both(*sides)
    for side in sides:
        await side.close()


def _row(draw: random.Random, key: tuple[str, str]) -> Row:
    values: Row = {"n": draw.randrange(-3, 4), "text": draw.choice(KEYS), "flag": draw.random() < 0.5, "empty": ""}
    return {"PartitionKey": key[0], "RowKey": key[1], **{n: v for n, v in values.items() if draw.random() < 0.7}}


def _seen(draw: random.Random, both: Both, key: tuple[str, str]) -> tuple[str, ...]:
    known = both.etags.get(key, [])
    odd = [("*", "*"), ("W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"",) * 2, ("nonsense", "nonsense")]
    return draw.choice([*known[-2:], *known[-1:] * 6, draw.choice(odd)])


async def _one(draw: random.Random, both: Both) -> None:
    key = (draw.choice(KEYS[:3]), draw.choice(KEYS))
    row, seen = _row(draw, key), _seen(draw, both, key)
    match draw.randrange(8):
        case 0:
            await both.write(key, lambda table, _: table.insert(row))
        case 1:
            await both.write(key, lambda table, _: table.put(row))
        case 2 | 3:
            await both.write(key, lambda table, side: table.replace(row, seen=seen[side]))
        case 4:
            may = draw.random() < 0.5
            await both.ask(lambda table, side: table.delete(*key, seen=seen[side] if may else None))
        case 5:
            await both.ask(lambda table, _: table.read(*key))
        case 6:
            await _transaction(draw, both, key[0])
        case 7:
            await _pages(draw, both)


async def _transaction(draw: random.Random, both: Both, partition: str) -> None:
    keys = [(partition, draw.choice(KEYS)) for _ in range(draw.randrange(1, 4))]
    if len(set(keys)) < len(keys):  # test_the_same_row_twice_in_a_transaction
        return
    parts = [(_row(draw, key), _seen(draw, both, key), draw.randrange(4)) for key in keys]

    def writes(side: int) -> list[Write]:
        kinds = ((None, False), ("*", False), (0, False), (0, True))
        return [
            Write(row, seen[side] if kinds[kind][0] == 0 else kinds[kind][0], gone=kinds[kind][1])  # type: ignore[arg-type]
            for row, seen, kind in parts
        ]

    found = await both.ask(lambda table, side: table.write_all(writes(side)))
    if all(isinstance(each, list) for each in found):
        for number, key in enumerate(keys):
            if found[0][number]:
                both.etags.setdefault(key, []).append((found[0][number], found[1][number]))


async def _pages(draw: random.Random, both: Both) -> None:
    names = {"p": draw.choice(KEYS[:3]), "a": draw.choice(KEYS), "b": draw.choice(KEYS), "n": draw.randrange(-2, 3)}
    where, top = draw.choice(FILTERS), draw.choice([None, 1, 2, 3])
    used: dict[str, Any] = {name: value for name, value in {**names, "flag": True}.items() if f"@{name}" in where}
    select = draw.choice([None, ["RowKey"], ["PartitionKey", "n", "missing"]])
    tokens: tuple[str | None, ...] = (None, None)
    for _ in range(30):
        found = await both.ask(
            lambda table, side: table.page(where, used, top=top, token=tokens[side], select=select)  # noqa: B023
        )
        if not isinstance(found[0][0], list) or found[0][1] is None:
            return
        tokens = (found[0][1], found[1][1])
    raise AssertionError("pages without an end")


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 40))])
async def test_a_drawn_life_of_a_table_is_the_same_in_both(both: Both, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(250):
        await _one(draw, both)
    assert await both.ask(lambda table, _: table.page("PartitionKey ge @a", {"a": ""}))


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
async def test_an_odd_key_is_taken_or_refused_by_both(both: Both, key: str) -> None:
    await both.ask(lambda table, _: table.put({"PartitionKey": "p", "RowKey": "first"}))
    await both.ask(lambda table, _: table.insert({"PartitionKey": "p", "RowKey": key, "n": 1}))
    await both.ask(lambda table, _: table.page("PartitionKey eq @p", {"p": "p"}))
    await both.ask(lambda table, _: table.page("RowKey eq @key", {"key": key}))


@pytest.mark.parametrize("text", [LARGE, f"{LARGE}x", "𝄞" * 16_384, "𝄞" * 16_385], ids=range(4))
async def test_a_value_has_the_same_limit_in_both(both: Both, text: str) -> None:
    row: Row = {"PartitionKey": "p", "RowKey": "r", "text": text}
    await both.ask(lambda table, _: table.insert(row))
    await both.ask(lambda table, _: table.put(row))
    await both.ask(lambda table, _: table.page("PartitionKey eq @p", {"p": "p"}))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of both: a body of more than a MiB
async def test_a_row_has_the_same_limit_in_both(both: Both) -> None:
    row: Row = {"PartitionKey": "p", "RowKey": "r", **{f"n{number}": LARGE for number in range(40)}}
    await both.ask(lambda table, _: table.put({"PartitionKey": "p", "RowKey": "first"}))
    await both.ask(lambda table, _: table.put(row))


async def test_the_same_row_twice_in_a_transaction(both: Both) -> None:
    await both.ask(lambda table, _: table.put({"PartitionKey": "p", "RowKey": "first"}))
    twice = [Write({"PartitionKey": "p", "RowKey": "r", "n": number}, "*") for number in range(2)]
    await both.ask(lambda table, _: table.write_all(twice))
    await both.ask(lambda table, _: table.page("PartitionKey eq @p", {"p": "p"}))


async def test_a_table_is_made_found_and_gone_in_both(both: Both) -> None:
    for side in both.sides:
        assert await names_of(side) == []
        await side.service().create_table_if_not_exists(f"{side.prefix}rows")
        await side.service().create_table_if_not_exists(f"{side.prefix}rows")
        assert await names_of(side) == [f"{side.prefix}rows"]
        await side.service().delete_table(f"{side.prefix}rows")
        await side.service().delete_table(f"{side.prefix}rows")
        assert await names_of(side) == []


async def test_a_page_has_a_thousand_rows_in_both(both: Both) -> None:
    rows = [Write({"PartitionKey": "p", "RowKey": f"{number:04}"}, None) for number in range(1_001)]
    await both.ask(lambda table, _: table.write_all(rows))
    for side in range(2):
        found, token = await both.tables[side].page("PartitionKey eq @p", {"p": "p"})
        assert (len(found), token is None) == (1_000, False)


@pytest.mark.parametrize(
    "text", ["a eq", "a like 'b'", "not ( a eq 'b' )", "a eq datetime'2026-01-01'", "a eq 'b' 'c'"]
)
def test_a_filter_that_is_not_known_fails_the_test_that_sends_it(text: str) -> None:
    with pytest.raises((UnknownFilterError, ValueError)):
        compiled(text)


def test_a_value_of_another_type_fails_the_test_that_compares_it() -> None:
    with pytest.raises(UnknownFilterError):
        compiled("n eq '1'")[0]({"n": 1})
