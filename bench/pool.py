"""Warm pools: claims on Azurite, a month in a model, times of claims on the simulated cloud, refills beside people.

``pool:2000,200,20``: so many claims are made, so many people come on an onboarding day, and so many machines are built
and given on the simulated cloud. All times are simulated; how busy the machine is changes none of them.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles

from azure_simulator import certificates
from azure_simulator.prices.items import all_items

from bench.figures import Figure
from bench.pool_claims import Claims, claims, times
from bench.pool_month import arrivals, history, play, scheduled
from bench.pool_refill import mean_build
from local import azurite

_FIRST, _BEFORE = date(2026, 11, 1), date(2026, 10, 2)
_ONBOARDING, _ONBOARDING_BEFORE = (date(2026, 11, 3), date(2026, 11, 16)), (date(2026, 10, 6), date(2026, 10, 19))
_FLEET = 2000
_HOURS_ON = 50 / 168
"""Part of the week in which a machine of the fleet is on: working hours; of the pool all of it."""


def main(count: str = "2000", many: str = "200", built: str = "20") -> list[Figure]:
    """Measure each in turn."""
    with tempfile.TemporaryDirectory() as folder:
        made = certificates.issue(Path(folder) / "certificates")
        server = azurite.start(Path(folder) / "tables", made)
        try:
            done = asyncio.run(claims(server.tables_url, made, int(count)))
            spans = asyncio.run(times(server.tables_url, made, int(built)))
        finally:
            server.stop()
    return [*_claims(done), *_month(int(many)), *_times(spans), _refill()]


def _claims(done: Claims) -> list[Figure]:
    note = f"{done.kills} kills, ten at a time"
    return [
        Figure("pool: members with two users", done.shared, 1.0, "n", done.asked, 0.0, note),
        Figure("pool: claims lost", done.lost, 1.0, "n", done.asked, 0.0, note),
        Figure("pool: users with two machines", done.doubled, 1.0, "n", done.asked, 0.0, note),
    ]


def _month(many: int) -> list[Figure]:
    advice = history(_BEFORE, _ONBOARDING_BEFORE, many, 5)
    pool = scheduled(advice, _ONBOARDING)
    people = arrivals(_FIRST, _ONBOARDING, many, 7)
    month = play(pool, people, _FIRST, 11)
    hour, disk = _prices()
    cost = month.member_hours * (hour + disk)
    fleet = _FLEET * 30 * 24 * (hour * _HOURS_ON + disk)
    sizes = (
        f"{advice.desired} on usual days, {max((each.size for each in advice.busy_days), default=0)} on announced ones"
    )
    limit = timedelta(hours=pool.ttl_hours + 1)
    quiet = play(pool, (), _FIRST, 11)  # nobody takes a member: only then do they reach their age limit
    return [
        Figure("pool: misses of a month / requests", month.asked - month.hits, month.asked, "n", 1, 0.01, sizes),
        Figure("pool: cost of a month / a fleet of 2,000 by working hours", cost, fleet, "USD", 1, 0.03, sizes),
        Figure(
            "pool: oldest member / age limit and an hour",
            max(month.oldest, quiet.oldest) / limit,
            1.0,
            "",
            month.asked,
            1.0,
            "of that month, and of one in which nobody comes",
        ),
    ]


def _prices() -> tuple[float, float]:
    """Return the list prices of an hour of a machine and of its disk, by the simulated price list."""
    known = [each for each in all_items() if each["armRegionName"] == "westeurope" and each["type"] == "Consumption"]
    product = "Virtual Machines DSv5 Series"
    (hour,) = [e["retailPrice"] for e in known if e["meterName"] == "D4s v5" and e["productName"] == product]
    (disk,) = [e["retailPrice"] for e in known if e["meterName"] == "P15 LRS Disk"]
    return float(hour), float(disk) / 730


def _times(spans: Sequence[tuple[float, float]]) -> list[Figure]:
    found = []
    for name, seconds, limits in (
        ("assigned", [each[0] for each in spans], (30.0, 60.0)),
        ("usable", [each[1] for each in spans], (90.0, 300.0)),
    ):
        late = quantiles(seconds, n=20, method="inclusive")[18] if len(seconds) > 1 else seconds[0]
        note = "simulated time from the plan that sees the licence"
        found += [
            Figure(
                f"pool: licence to {name}, median / {limits[0]:.0f} s",
                median(seconds),
                limits[0],
                "s",
                len(seconds),
                1.0,
                note,
            ),
            Figure(f"pool: licence to {name}, 95 % / {limits[1]:.0f} s", late, limits[1], "s", len(seconds), 1.0, note),
        ]
    return found


def _refill() -> Figure:
    beside, alone = mean_build(refill=25), mean_build(refill=0)
    note = "the rate limiter alone, its bucket empty at the beginning"
    return Figure("pool: build of a person beside a refill / alone", beside, alone, "s", 50, 1.01, note)
