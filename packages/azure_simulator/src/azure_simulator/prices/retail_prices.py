"""`GET /api/retail/prices`: filtered as the API does it, by exact values in their case, a page at a time.

Source: learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices. The texts of refusals are
guesses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.routing import Routes
from azure_simulator.prices.items import CURRENCIES, all_items

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

ROUTES = Routes("retailPrices")
_PAGE = 100
_TERM = re.compile(r"(\w+) eq '([^']*)'")
_MEMBERS = {
    **{name: name for name in ("armRegionName", "location", "meterId", "meterName", "productId", "skuId")},
    **{name: name for name in ("productName", "skuName", "serviceName", "serviceId", "serviceFamily", "armSkuName")},
    "priceType": "type",
}
_CURRENCY = re.compile(r"'?([A-Z]{3})'?")


class RetailPlane(Plane):
    """The API: nobody signs in."""

    name = "retailPrices"
    prefixes = frozenset({"api/retail"})

    def render(self, problem: Problem) -> Answer:
        """Answer with the members that the API capitalises."""
        body = {"Error": {"Code": problem.code, "Message": problem.message}}
        return Answer(body, problem.status, dict(problem.headers))


@ROUTES.operation("prices.list", "GET", "/api/retail/prices", anonymous=True)
def list_prices(call: Call) -> Answer:
    """List the items that a filter chooses."""
    currency = _CURRENCY.fullmatch(call.query.get("currencycode", "USD"))
    if currency is None or currency[1] not in CURRENCIES:
        raise Problem(400, "BadRequest", "Invalid currency code supplied.")
    wanted = _wanted(call.query.get("$filter", ""))
    skip = call.query.get("$skip", "0")
    if not skip.isdigit():
        raise Problem(400, "BadRequest", "Invalid OData parameters supplied.")
    found = [each for each in all_items() if all(each[name] == value for name, value in wanted)]
    page, after = found[int(skip) : int(skip) + _PAGE], int(skip) + _PAGE
    factor = float(call.world.config.get("prices", {}).get("factor", 1.0))
    items = [_priced(each, currency[1], factor) for each in page]
    return Answer(
        {
            "BillingCurrency": currency[1],
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": items,
            "NextPageLink": _link(call, after) if after < len(found) else None,
            "Count": len(items),
        }
    )


def _wanted(text: str) -> list[tuple[str, str]]:
    """Return the member and value of each term of a filter."""
    terms = [_TERM.fullmatch(term.strip()) for term in text.split(" and ")] if text else []
    found = [(_MEMBERS.get(term[1], ""), term[2]) for term in terms if term is not None]
    if len(found) < len(terms) or any(not name for name, _ in found):
        raise Problem(400, "BadRequest", "Invalid OData parameters supplied.")
    return found


def _priced(item: Json, currency: str, factor: float) -> Json:
    amount: Any = round(item["retailPrice"] * CURRENCIES[currency] * factor, 6)
    return {**item, "currencyCode": currency, "retailPrice": amount, "unitPrice": amount}


def _link(call: Call, skip: int) -> str:
    query = {**call.query, "$skip": str(skip)}
    return f"{call.base}{call.path}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items())
