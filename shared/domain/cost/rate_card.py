"""The rate card of a tenant: its own prices over the retail prices. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.cost.prices import DISKS, LOW_PRIORITY, Currency, RegionPrices, subject_of
from shared.domain.machines.sizes import SIZE_NAME
from shared.domain.values import Id, Value, Word, wrong_at

RATE_CARD = "rateCard"
"""The id of the only rate card of a tenant."""

_NEVER_READ = "Azure's retail prices have not been read yet"


def _sizes(value: dict[str, float]) -> dict[str, float]:
    for name in value:
        if SIZE_NAME.fullmatch(name) is None:
            raise wrong_at(name, "write the name of an Azure VM size, such as Standard_D2s_v5")
    return value


_EXPORT = re.compile(
    r"https://[a-z0-9]{3,24}\.blob\.core\.windows\.net/[a-z0-9](?:-?[a-z0-9]){2,62}(?:/[\w.()~ -]+)*/?"
)


def _export_url(value: str) -> str:
    """Refuse an address outside of Azure's storage: the service presents its token there."""
    if _EXPORT.fullmatch(value) is None or "/.." in value:
        raise ValueError("write the address of a container and a folder of https://<account>.blob.core.windows.net")
    return value


class RateCardSettings(Value):
    """A tenant's own prices over Azure's retail prices."""

    description: str = Field(
        "", max_length=1000, title="Description", description="The agreement that the prices come from."
    )
    currency: Currency = Field(Currency.USD, title="Currency", description="Of all amounts of the tenant.")
    discount_in_percent: float = Field(
        0, ge=0, le=100, title="Discount (%)", description="On the retail prices of machines and disks."
    )
    hourly_prices: Annotated[
        dict[Word, Annotated[float, Field(ge=0, le=10_000)]], Field(max_length=100), AfterValidator(_sizes)
    ] = Field(
        default_factory=dict,
        title="Own prices",
        description="Of an hour by VM size; without discount, in every region, also of low priority.",
    )
    cost_export_url: Annotated[str, Field(max_length=1000), AfterValidator(_export_url)] | None = Field(
        None,
        title="Export of costs",
        description="Container and folder of a daily export of Cost Management, as CSV in the FOCUS schema.",
    )


class RateCard(RateCardSettings):
    """The rate card of a tenant."""

    tenant_id: Id

    @property
    def id(self) -> str:
        """The key of the record."""
        return RATE_CARD

    def rate(self, prices: RegionPrices | None, meter: str, day: date) -> float | None:
        """Return the tenant's price of an hour of a size or a month of a disk; None where it is not known."""
        subject = subject_of(meter)
        own = {name.lower(): amount for name, amount in self.hourly_prices.items()}
        if subject != DISKS and subject in own:
            return own[subject]
        amount = prices.amount(meter, day) if prices else None
        return None if amount is None else amount * (100 - self.discount_in_percent) / 100


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of a tenant: its rate card, and the retail prices by region."""

    card: RateCard
    regions: dict[str, RegionPrices]

    def rate(self, region: str, meter: str, day: date) -> float | None:
        """Return the tenant's price of an hour of a size or a month of a disk; None where it is not known."""
        return self.card.rate(self.regions.get(region.lower()), meter, day)

    def read_on(self, region: str, meter: str) -> date | None:
        """Return the day of the last good answer for a meter in a region."""
        prices = self.regions.get(region.lower())
        return prices.read_on_of(meter) if prices else None

    def why_unknown(self, region: str) -> str:
        """Return the reason, in words, why a price in a region is not known."""
        prices = self.regions.get(region.lower())
        return (prices.fault if prices else None) or f"{_NEVER_READ} for {region}"


def meter_of(size: str, *, low_priority: bool = False) -> str:
    """Return the meter of a machine of a size."""
    return f"{LOW_PRIORITY}{size.lower()}" if low_priority else size.lower()
