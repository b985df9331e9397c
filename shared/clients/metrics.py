"""Metrics of machines by the batch API of Azure Monitor: fifty machines of one subscription and region in a request.

Source: learn.microsoft.com/azure/azure-monitor/metrics/migrate-to-batch-api. Who reads needs the action
Microsoft.Insights/metrics/read at the subscription; one at a resource group does not count.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core import AsyncPipelineClient
from azure.core.rest import HttpRequest

from shared.clients.buckets import Bucket
from shared.clients.pacing import retry_while_throttled
from shared.clients.pipeline import cloud_policies, transport
from shared.domain.cloud_pcs.load import MachineMetrics
from shared.domain.rate_limiter import Limit
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.core.credentials_async import AsyncTokenCredential

    from shared.clients.pacing import Pacing

_SCOPE = "https://metrics.monitor.azure.com/.default"
_VERSION = "2024-02-01"
_NAMESPACE = "Microsoft.Compute/virtualMachines"
_CPU, _MEMORY = "Percentage CPU", "Available Memory Bytes"
_BETWEEN = "/providers/microsoft.insights/metrics/"


class Metrics:
    """The regional endpoints. *url*: their address, with ``{region}`` in it.

    Raises: DeclinedError, ThrottledError or UnavailableError (shared.clients.pipeline).
    """

    def __init__(self, credential: AsyncTokenCredential, url: str, *, owner: str, pacing: Pacing) -> None:
        # Microsoft names no limit but that it is higher than Resource Manager's 12,000 an hour; this is less.
        bucket = Bucket(f"{owner}//metrics", Limit(2, 60), 10)
        policies = cloud_policies(credential, _SCOPE, pacing=pacing, limits=lambda _method, _url, _region: (bucket,))
        self._url = url
        self._client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(url, policies=policies, transport=transport())

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def of_machines(
        self, subscription_id: str, region: str, vm_ids: Sequence[str], start: datetime, end: datetime
    ) -> dict[str, MachineMetrics]:
        """Return the load of at most fifty machines in a period, by their ids in lower case."""
        query = {
            "api-version": _VERSION,
            "metricnamespace": _NAMESPACE,
            "metricnames": f"{_CPU},{_MEMORY}",
            "aggregation": "average",
            "interval": "PT15M",
            "starttime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "endtime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
        address = f"{self._url.format(region=region)}/subscriptions/{subscription_id}/metrics:getBatch"
        body = {"resourceids": list(vm_ids)}
        request = HttpRequest("POST", address, params=query, json=body)
        response = await retry_while_throttled(lambda: self._client.send_request(request))
        try:
            return _read(json.loads(response.text()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnavailableError("the answer of Azure Monitor has no metrics") from error


def _read(body: Any) -> dict[str, MachineMetrics]:  # noqa: ANN401 - JSON
    """Return the values of an answer; the ids of its metrics name their machines."""
    found: dict[str, MachineMetrics] = {}
    for each in body["values"]:
        for metric in each["value"]:
            vm_id = str(metric["id"]).lower().partition(_BETWEEN)[0]
            machine = found.setdefault(vm_id, MachineMetrics({}, {}))
            values = machine.cpu_percent if metric["name"]["value"] == _CPU else machine.available_bytes
            for series in metric["timeseries"]:
                values.update(
                    (datetime.fromisoformat(point["timeStamp"]), float(point["average"]))
                    for point in series["data"]
                    if point.get("average") is not None
                )
    return found
