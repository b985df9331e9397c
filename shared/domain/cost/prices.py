"""Retail prices of Azure: the items that a machine is billed by, and the last good answer for each region. Pure.

Machines here have the licence type ``Windows_Client``: Azure bills them by the meter of a size without Windows.
Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.domain.values import Id, Value

_TRY_AGAIN_AFTER = timedelta(minutes=50)
_DISK_METER = re.compile(r"(P\d{1,2}) LRS Disk")
_NOT_REGULAR = ("Spot", "Low Priority")
_NOT_BILLED = ("Windows", "Cloud Services", "CloudServices")
_TIERS = {
    4: "P1",
    8: "P2",
    16: "P3",
    32: "P4",
    64: "P6",
    128: "P10",
    256: "P15",
    512: "P20",
    1024: "P30",
    2048: "P40",
    4096: "P50",
    8192: "P60",
    16_384: "P70",
    32_767: "P80",
}


class Currency(StrEnum):
    """The currencies of the Retail Prices API. Microsoft's prices are those in USD; others are for reference."""

    USD = "USD"
    AUD = "AUD"
    BRL = "BRL"
    CAD = "CAD"
    CHF = "CHF"
    CNY = "CNY"
    DKK = "DKK"
    EUR = "EUR"
    GBP = "GBP"
    INR = "INR"
    JPY = "JPY"
    KRW = "KRW"
    NOK = "NOK"
    NZD = "NZD"
    RUB = "RUB"
    SEK = "SEK"
    TWD = "TWD"


DISKS = "disks"
"""The subject of one reading: the tiers of Premium SSD. Other subjects are sizes, in lower case."""

LOW_PRIORITY = "spot:"
"""Prefix of the meter of a machine of low priority."""


def disk_tier(size_in_gb: int) -> str:
    """Return the tier of Premium SSD that a disk is billed as: the smallest that holds it.

    Source: https://learn.microsoft.com/azure/virtual-machines/disks-types.
    """
    return next(tier for limit, tier in _TIERS.items() if size_in_gb <= limit)


class Quote(Value):
    """Price of a meter since a day: of an hour of a machine, or of a month of a disk."""

    since: date
    amount: float = Field(ge=0)


class RegionPrices(Value):
    """The prices of one region in one currency: the last good answers.

    *quotes*: by meter, which is a size in lower case, one of low priority, or a tier of disks; oldest first. *read_on*:
    the day of the last good answer for each subject. *tried_at*, *fault*: of the last reading that failed.
    """

    currency: Currency
    region: Id
    quotes: dict[str, tuple[Quote, ...]] = Field(default_factory=dict)
    read_on: dict[str, date] = Field(default_factory=dict)
    tried_at: dict[str, datetime] = Field(default_factory=dict)
    fault: str | None = None

    @property
    def id(self) -> str:
        """The key of the record."""
        return prices_id(self.currency, self.region)

    def wanting(self, subjects: Iterable[str], now: datetime) -> list[str]:
        """Return the subjects to read: not read today, and not failed a short time ago."""
        return [
            each
            for each in dict.fromkeys(subjects)
            if self.read_on.get(each) != now.date()
            and (each not in self.tried_at or now - self.tried_at[each] >= _TRY_AGAIN_AFTER)
        ]

    def with_answer(self, subject: str, found: Mapping[str, float], now: datetime) -> "RegionPrices":
        """Return the prices with an answer for a subject; an answer without any meter counts as a failed reading."""
        if not found:
            return self.with_fault(subject, f"Azure lists no price of {subject} in {self.region}", now)
        quotes = {**self.quotes}
        for meter, amount in found.items():
            known = quotes.get(meter, ())
            if not known or known[-1].amount != amount:
                quotes[meter] = (
                    *(each for each in known if each.since != now.date()),
                    Quote(since=now.date(), amount=amount),
                )
        tried = {name: at for name, at in self.tried_at.items() if name != subject}
        read = {**self.read_on, subject: now.date()}
        return self.but(quotes=quotes, read_on=read, tried_at=tried, fault=self.fault if tried else None)

    def with_fault(self, subject: str, fault: str, now: datetime) -> "RegionPrices":
        """Return the prices after a reading that failed: earlier answers stay."""
        return self.but(tried_at={**self.tried_at, subject: now}, fault=fault)

    def taking(self, read: "RegionPrices", subject: str) -> "RegionPrices":
        """Return the prices with the result of a reading of one subject by another worker."""
        quotes = {meter: quotes for meter, quotes in read.quotes.items() if subject_of(meter) == subject}
        dates = {subject: read.read_on[subject]} if subject in read.read_on else {}
        tried = {name: at for name, at in self.tried_at.items() if name != subject}
        if subject in read.tried_at:
            tried[subject] = read.tried_at[subject]
        return self.but(
            quotes={**self.quotes, **quotes},
            read_on={**self.read_on, **dates},
            tried_at=tried,
            fault=(read.fault or self.fault) if tried else None,
        )

    def amount(self, meter: str, day: date) -> float | None:
        """Return the price of a meter on a day: the latest read until then, else the first; None without any.

        A day before the first reading has the price of that reading: no earlier one is known.
        """
        known = self.quotes.get(meter, ())
        before = [each for each in known if each.since <= day]
        return (before[-1] if before else known[0]).amount if known else None

    def read_on_of(self, meter: str) -> date | None:
        """Return the day of the last good answer for a meter."""
        return self.read_on.get(subject_of(meter))


def prices_id(currency: Currency, region: str) -> str:
    """Return the key of the prices of a region."""
    return f"{currency.value}:{region.lower()}"


def subject_of(meter: str) -> str:
    """Return the subject of the request that reads a meter: a VM size, or all disks."""
    return DISKS if meter in _TIERS.values() else meter.removeprefix(LOW_PRIORITY)


def prices_of_size(items: Iterable[Mapping[str, Any]], size: str, now: datetime) -> dict[str, float]:
    """Return the prices of an hour of a size from the items of an answer: regular, and of low priority."""
    found: dict[str, float] = {}
    for item in _billed(items, "1 Hour", now):
        if str(item.get("armSkuName", "")).lower() != size or item.get("serviceName") != "Virtual Machines":
            continue
        if any(word in str(item.get("productName", "")) for word in _NOT_BILLED):
            continue
        names = f"{item.get('skuName', '')} {item.get('meterName', '')}"
        if "Spot" in names:
            found[f"{LOW_PRIORITY}{size}"] = float(item["retailPrice"])
        elif not any(word in names for word in _NOT_REGULAR):
            found[size] = float(item["retailPrice"])
    return found


def prices_of_disks(items: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    """Return the prices of a month of each tier of Premium SSD from the items of an answer."""
    return {
        tier[1]: float(item["retailPrice"])
        for item in _billed(items, "1/Month", now)
        if item.get("productName") == "Premium SSD Managed Disks"
        and (tier := _DISK_METER.fullmatch(str(item.get("meterName", ""))))
    }


def _billed(items: Iterable[Mapping[str, Any]], unit: str, now: datetime) -> list[Mapping[str, Any]]:
    """Return the items that are in effect, by their begin: the last item of a meter replaces its earlier ones."""
    counting = [
        item
        for item in items
        if item.get("type") == "Consumption"
        and item.get("unitOfMeasure") == unit
        and not item.get("tierMinimumUnits")
        and item.get("isPrimaryMeterRegion", True)
        and _begun(item) <= now.date()
    ]
    return sorted(counting, key=_begun)


def _begun(item: Mapping[str, Any]) -> date:
    return date.fromisoformat(str(item.get("effectiveStartDate", ""))[:10] or "2000-01-01")
