"""The Retail Prices API of Azure: nobody signs in, and filters compare exact values in their case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core import AsyncPipelineClient
from azure.core.pipeline import policies as azure_policies
from azure.core.rest import HttpRequest

from shared.clients.buckets import Bucket
from shared.clients.pacing import Pacing, retry_while_throttled
from shared.clients.pipeline import USER_AGENT, PacingPolicy, VerdictPolicy, transport
from shared.domain.rate_limiter import Limit
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from shared.domain.cost.prices import Currency

_PATH = "/api/retail/prices"
_VERSION = "2023-01-01-preview"
_MOST_PAGES = 50
_BUCKET = Bucket("retail-prices", Limit(2, 60), 10)
"""Microsoft names no limit; more than this is not needed."""


class RetailPrices:
    """The API. Raises: DeclinedError, ThrottledError or UnavailableError (shared.clients.pipeline)."""

    def __init__(self, url: str, *, pacing: Pacing) -> None:
        self._url = url
        policies = [
            azure_policies.RequestIdPolicy(),
            azure_policies.UserAgentPolicy(base_user_agent=USER_AGENT),
            VerdictPolicy(pacing.clock),
            PacingPolicy(pacing, lambda _method, _url, _region: (_BUCKET,)),
        ]
        self._client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(url, policies=policies, transport=transport())

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def of_size(self, size: str, region: str, currency: Currency) -> list[dict[str, Any]]:
        """Return the items of a size in a region."""
        return await self._items(f"serviceName eq 'Virtual Machines' and armSkuName eq '{size}'", region, currency)

    async def of_disks(self, region: str, currency: Currency) -> list[dict[str, Any]]:
        """Return the items of Premium SSD in a region."""
        return await self._items("productName eq 'Premium SSD Managed Disks'", region, currency)

    async def of_service(self, region: str) -> list[dict[str, Any]]:
        """Return the items of Functions (Flex Consumption) and of tables, in USD."""
        functions = await self._items("serviceName eq 'Functions' and productName eq 'Flex Consumption'", region, "USD")
        return functions + await self._items("serviceName eq 'Storage' and productName eq 'Tables'", region, "USD")

    async def _items(self, wanted: str, region: str, currency: str) -> list[dict[str, Any]]:
        found = f"{wanted} and armRegionName eq '{region}' and priceType eq 'Consumption'"
        query = {"api-version": _VERSION, "currencyCode": f"'{currency}'", "$filter": found}
        request = HttpRequest("GET", f"{self._url}{_PATH}", params=query)
        items: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            body = await self._read(request)
            items += body["Items"]
            link = body.get("NextPageLink")
            if not link:
                return items
            request = HttpRequest("GET", self._same_host(str(link)))
        raise UnavailableError("the retail prices have too many pages")

    async def _read(self, request: HttpRequest) -> dict[str, Any]:
        response = await retry_while_throttled(lambda: self._client.send_request(request))
        try:
            body = json.loads(response.text())
        except ValueError as error:
            raise UnavailableError("the retail prices are not JSON") from error
        if not isinstance(body, dict) or not isinstance(body.get("Items"), list):
            raise UnavailableError("the answer of the retail prices has no items")
        return body

    def _same_host(self, link: str) -> str:
        """Return the address of the next page: requests go to the host of the settings alone."""
        parts = urlsplit(link)
        return f"{self._url}{parts.path}?{parts.query}"
