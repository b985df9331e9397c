"""The items of the Retail Prices API: for each size and region the meters that a reader has to tell apart.

The shape, and the amounts of the Dsv5 series and of Premium SSD in East US and West Europe, are those of answers that
public projects have kept (D2s v5 in West Europe: 0.115 USD an hour, 0.207 with Windows; P10 in East US: 19.71 a month,
21.68 in West Europe). Amounts of other sizes and regions follow from these by cores and are made up.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import TYPE_CHECKING

from azure_simulator.arm.regions import REGIONS
from azure_simulator.compute.capacity.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.compute.capacity.sizes import Size
    from azure_simulator.core.answers import Json

_CORE, _WINDOWS_CORE = 0.048, 0.046
_FACTORS = {"eastus": 1.0, "westeurope": 0.115 / 0.096}
_OTHERS = 1.15
_DISK_FACTOR = 21.68 / 19.71
_DISKS = {
    "P4": 5.28,
    "P6": 10.21,
    "P10": 19.71,
    "P15": 38.02,
    "P20": 73.22,
    "P30": 135.17,
    "P40": 259.05,
    "P50": 495.57,
    "P60": 946.08,
    "P70": 1802.06,
    "P80": 3604.11,
}
_BEGUN = "2021-11-01T00:00:00Z"
CURRENCIES = {
    "USD": 1.0,
    "AUD": 1.53,
    "BRL": 5.4,
    "CAD": 1.38,
    "CHF": 0.88,
    "CNY": 7.2,
    "DKK": 6.9,
    "EUR": 0.92,
    "GBP": 0.79,
    "INR": 84.0,
    "JPY": 150.0,
    "KRW": 1380.0,
    "NOK": 10.9,
    "NZD": 1.68,
    "RUB": 92.0,
    "SEK": 10.6,
    "TWD": 32.0,
}
"""The currencies with their rates, which are made up: other amounts than those in USD are for reference."""


@cache
def all_items() -> tuple[Json, ...]:
    """Return every item in USD, in the order of regions."""
    return tuple(item for region in REGIONS for item in _of_region(region))


def _of_region(region: str) -> Iterator[Json]:
    for size in SIZES.values():
        yield from _of_size(size, region)
    yield from _of_functions(region)
    factor = 1.0 if region == "eastus" else _DISK_FACTOR
    for tier, amount in _DISKS.items():
        for kind, share in (("LRS Disk", 1.0), ("LRS Disk Mount", 0.0545), ("ZRS Disk", 1.5)):
            yield _item(
                region,
                meterName=f"{tier} {kind}",
                retailPrice=round(amount * factor * share, 2),
                productName="Premium SSD Managed Disks",
                skuName=f"{tier} {kind[:3]}",
                armSkuName="",
                serviceName="Storage",
                serviceFamily="Storage",
                unitOfMeasure="1/Month",
            )


def _of_size(size: Size, region: str) -> Iterator[Json]:
    """Yield the meters of a size: with and without Windows, of low priority, reserved, for tests, and of another kind.

    A machine with a licence of its own (`Windows_Client`) is billed by the first one.
    """
    factor = _FACTORS.get(region, _OTHERS)
    base, windows = size.cores * _CORE * factor, size.cores * _WINDOWS_CORE
    name = size.name.removeprefix("Standard_").replace("_", " ")
    series = size.family.removeprefix("standard").removeprefix("Standard").removesuffix("Family")
    product = f"Virtual Machines {series} Series"
    both = (("", base), (" Windows", base + windows))
    for system, amount in both:
        known = {"armSkuName": size.name, "productName": product + system, "serviceName": "Virtual Machines"}
        for kind, share in (("", 1.0), (" Spot", 0.2), (" Low Priority", 0.4)):
            yield _item(
                region, meterName=name + kind, skuName=name + kind, retailPrice=_rounded(amount * share), **known
            )
    cloud = {"armSkuName": size.name, "productName": f"{series} Series Cloud Services"}
    yield _item(
        region, meterName=name, skuName=name, retailPrice=_rounded(base * 1.3), serviceName="Cloud Services", **cloud
    )
    own = {"armSkuName": size.name, "productName": product, "meterName": name, "skuName": name}
    yield _item(region, retailPrice=_rounded(base * 5180), type="Reservation", reservationTerm="1 Year", **own)
    test = {**own, "productName": f"{product} Windows", "type": "DevTestConsumption"}
    yield _item(region, retailPrice=_rounded(base), **test)


def _of_functions(region: str) -> Iterator[Json]:
    """Yield meters of Functions in Flex Consumption, with their free grant as a tier of price 0, and of tables."""
    flex = {"productName": "Flex Consumption", "serviceName": "Functions", "serviceFamily": "Compute", "armSkuName": ""}
    meters = (
        ("On Demand Execution Time", "1 GB Second", 0.000026, 100_000.0),
        ("On Demand Total Executions", "10", 0.000004, 25_000.0),
    )
    for name, unit, amount, grant in meters:
        for tier, price in ((0.0, 0.0), (grant, amount)):
            yield _item(
                region,
                meterName=name,
                skuName="On Demand",
                unitOfMeasure=unit,
                retailPrice=price,
                tierMinimumUnits=tier,
                **flex,
            )
    for sku in ("Standard LRS", "Standard ZRS"):
        yield _item(
            region,
            meterName="Read Operations",
            skuName=sku,
            unitOfMeasure="10K",
            retailPrice=0.00036,
            productName="Tables",
            serviceName="Storage",
            serviceFamily="Storage",
            armSkuName="",
        )


def _rounded(amount: float) -> float:
    return round(amount, 6)


def _item(region: str, **own: object) -> Json:
    """Return an item with all members of the API, in its order."""
    words = "/".join(f"{name}={value}" for name, value in own.items() if name != "retailPrice")
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": own.get("tierMinimumUnits", 0.0),
        "retailPrice": own["retailPrice"],
        "unitPrice": own["retailPrice"],
        "armRegionName": region,
        "location": region,
        "effectiveStartDate": _BEGUN,
        "meterId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{region}/{words}")),
        "meterName": own["meterName"],
        "productId": "DZH318Z0",
        "skuId": "DZH318Z0/0000",
        "productName": own["productName"],
        "skuName": own["skuName"],
        "serviceName": own.get("serviceName", "Virtual Machines"),
        "serviceId": "DZH313Z7MMC8",
        "serviceFamily": own.get("serviceFamily", "Compute"),
        "unitOfMeasure": own.get("unitOfMeasure", "1 Hour"),
        "type": own.get("type", "Consumption"),
        "isPrimaryMeterRegion": True,
        "armSkuName": own["armSkuName"],
        **({"reservationTerm": own["reservationTerm"]} if "reservationTerm" in own else {}),
    }
