"""Reads and writes depend on the changes, not on the number of Cloud PCs: counted on the wire."""

import itertools
import ssl
from collections.abc import AsyncIterator

import pytest

from bench.reading import (
    CountingTransport,
    Fleet,
    catching_up,
    grace_periods,
    removal_sweep,
    settled_fleet,
    settled_reconcile,
)
from local.azurite import Azurite

_numbers = itertools.count(1)


@pytest.fixture
async def fleet(azurite_server: Azurite, tls: ssl.SSLContext) -> AsyncIterator[tuple[Fleet, CountingTransport]]:
    """120 Cloud PCs: more than one transaction holds, and more than the sweep may read."""
    async with settled_fleet(azurite_server.tables_url, tls, f"r{next(_numbers)}", 120) as made:
        yield made


async def test_a_reconcile_of_a_settled_fleet_writes_nothing(fleet: tuple[Fleet, CountingTransport]) -> None:
    counts = await settled_reconcile(*fleet)
    assert counts["writes"] == 0
    assert counts["rows"] >= 120  # and it did look


async def test_the_removal_sweep_reads_what_is_due(fleet: tuple[Fleet, CountingTransport]) -> None:
    await fleet[0].due.put_all(grace_periods(fleet[0], 1_200))
    counts, started = await removal_sweep(fleet[1])
    assert started == 50
    assert counts["rows"] <= 55


async def test_catching_up_reads_what_has_changed(fleet: tuple[Fleet, CountingTransport]) -> None:
    few, more = await catching_up(*fleet, 1), await catching_up(*fleet, 3)
    assert few["rows"] <= 20
    assert more["rows"] - few["rows"] <= 2 * 4  # of each user that changed: the record and the mark
    assert all(not read.startswith(("group ", "licensed")) for read in fleet[0].directory.reads)


async def test_catching_up_when_nothing_changed_asks_two_questions(fleet: tuple[Fleet, CountingTransport]) -> None:
    counts = await catching_up(*fleet, 0)
    assert counts["calls"] == 2
    assert counts["rows"] <= 3
