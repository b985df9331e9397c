"""`POST /metrics/{region}/subscriptions/{id}/metrics:getBatch`: the load of machines, as the metrics batch API has it.

In Azure the region is part of the host name (`westeurope.metrics.monitor.azure.com`). A machine has values for the
times at which it was running. `config.metrics`: `load` (rows of `machines`, a pattern of names, with `cpu` and
`memory` in per cent; the first that fits counts) and `without` (patterns of machines that have no values).
Source: learn.microsoft.com/azure/azure-monitor/metrics/migrate-to-batch-api (50 resources of one subscription, region
and type) and /azure/azure-monitor/reference/supported-metrics/microsoft-compute-virtualmachines-metrics. The codes of
refusals are guesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from azure_simulator.compute.capacity.sizes import size_of
from azure_simulator.compute.provider import VIRTUAL_MACHINE
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.settings import Shape
    from azure_simulator.core.world import World

STATE = "metrics"
ROUTES = Routes("metrics")
_SHAPE: Shape = {"load": [{"machines": str, "cpu": (int, float), "memory": (int, float)}], "without": [str]}
_ABOUT = "Metrics of machines: load (rows of machines, cpu, memory; per cent), without (machines without values)"
_ACTION = "Microsoft.Insights/metrics/read"
_VERSIONS = frozenset({"2023-10-01", "2024-02-01"})
_MOST_RESOURCES = 50
_MINUTE = 60 * SECOND
_KEPT_US = 93 * 24 * 60 * _MINUTE
_INTERVALS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "PT12H": 720, "P1D": 1440}
_AGGREGATIONS = frozenset({"average", "minimum", "maximum", "total", "count"})
_UNITS = {
    "percentage cpu": ("Percentage CPU", "Percent"),
    "available memory bytes": ("Available Memory Bytes", "Bytes"),
}
_GIB = 1024**3


@dataclass
class Powers:
    """When machines began and ended to run, by their ids in lower case: (moment, whether it runs from then on)."""

    changes: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)

    def runs(self, vm_id: str, begin_us: int, end_us: int) -> bool:
        """Return whether a machine ran at any time of an interval."""
        running = False
        for at_us, now_running in self.changes.get(vm_id.lower(), ()):
            if at_us >= end_us:
                break
            if running and at_us > begin_us:
                return True
            running = now_running
            if running and at_us >= begin_us:
                return True
        return running


class MetricsPlane(Plane):
    """The data plane of Azure Monitor's metrics, of all regions."""

    name = "metrics"
    prefixes = frozenset({"metrics"})
    audiences = frozenset({"https://metrics.monitor.azure.com"})

    def check(self, call: Call) -> None:
        """Refuse an unknown api-version."""
        if call.query.get("api-version", "") not in _VERSIONS:
            raise Problem(400, "BadRequest", "The api-version is missing, or not supported.")


def install(cloud: Cloud) -> None:
    """Serve the metrics, and note from now on when machines run."""
    cloud.plane(MetricsPlane())
    cloud.state(STATE, Powers)
    cloud.setting(STATE, _SHAPE, _ABOUT)
    cloud.on("vm_power", noted)
    cloud.on("vm_deleted", ended)
    cloud.add(ROUTES)


def noted(world: World, vm_id: str, state: str, **_: Any) -> None:  # noqa: ANN401 - payload of the event
    """Note the power of a machine after a change."""
    powers: Powers = world.state(STATE)
    powers.changes.setdefault(vm_id.lower(), []).append((world.now_us, state == "running"))


def ended(world: World, vm_id: str, **_: Any) -> None:  # noqa: ANN401 - payload of the event
    """Forget a machine that is deleted."""
    powers: Powers = world.state(STATE)
    powers.changes.pop(vm_id.lower(), None)


@ROUTES.operation("metrics.batch", "POST", "/metrics/{region}/subscriptions/{sub}/metrics:getBatch", mutates=False)
def batch(call: Call) -> Answer:
    """Return the values of up to fifty machines of a subscription and region."""
    if not call.allowed(_ACTION, f"/subscriptions/{call.param('sub')}"):
        text = f"The client does not have authorization to perform action '{_ACTION}' over the subscription."
        raise Problem(403, "AuthorizationFailed", text)
    names = [each.strip().lower() for each in call.query.get("metricnames", "").split(",")]
    if call.query.get("metricnamespace", "").lower() != VIRTUAL_MACHINE.lower():
        raise _wrong("The metric namespace is required, and only machines have metrics here.")
    if unknown := [each for each in names if each not in _UNITS]:
        raise _wrong(f"Failed to find metric configuration for metric: {unknown[0]}.")
    asked = {each.strip().lower() for each in call.query.get("aggregation", "average").split(",")}
    if asked - _AGGREGATIONS:
        raise _wrong("The aggregation is not one of average, minimum, maximum, total, count.")
    minutes, interval = _interval(call), call.query.get("interval", "PT1M")
    begin_us, end_us = _moment(call, "starttime"), _moment(call, "endtime")
    if begin_us >= end_us or call.now_us - begin_us > _KEPT_US:
        raise _wrong("The start time must be before the end time, and at most 93 days ago.")
    span = {"starttime": iso(begin_us), "endtime": iso(end_us), "interval": interval}
    values = []
    for vm in _machines(call):
        metrics = [_metric(call, vm, each, (begin_us, end_us, minutes), asked) for each in names]
        place = {"namespace": VIRTUAL_MACHINE, "resourceregion": call.param("region"), "resourceid": vm.id}
        values.append({"cost": len(names) * 59, **span, "value": metrics, **place})
    return Answer({"values": values})


def _machines(call: Call) -> list[Resource]:
    wanted = call.object().get("resourceids")
    if not isinstance(wanted, list) or not all(isinstance(each, str) for each in wanted) or not wanted:
        raise _wrong("The resource ids are required.")
    if len(wanted) > _MOST_RESOURCES:
        raise _wrong(f"A batch has at most {_MOST_RESOURCES} resources.")
    found = [call.need(each) for each in wanted]
    for vm in found:
        inside = vm.id.lower().startswith(f"/subscriptions/{call.param('sub')}/".lower())
        if not inside or str(vm.body["location"]).lower() != call.param("region").lower():
            raise _wrong("All resources of a batch must be of one subscription and region.")
        if vm.type.lower() != VIRTUAL_MACHINE.lower():
            raise _wrong("All resources of a batch must be of one type.")
    return found


def _metric(call: Call, vm: Resource, name: str, span: tuple[int, int, int], asked: set[str]) -> Json:
    title, unit = _UNITS[name]
    begin_us, end_us, minutes = span
    points = []
    for at_us in range(begin_us, min(end_us, call.now_us), minutes * _MINUTE):
        point: Json = {"timeStamp": iso(at_us)}
        value = _value(call.world, vm, name, at_us, at_us + minutes * _MINUTE)
        if value is not None:
            numbers = {"total": value * minutes, "count": float(minutes)}
            point |= {each: numbers.get(each, value) for each in sorted(asked)}
        points.append(point)
    return {
        "id": f"{vm.id}/providers/Microsoft.Insights/metrics/{title}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": title, "localizedValue": title},
        "displayDescription": title,
        "unit": unit,
        "timeseries": [{"metadatavalues": [], "data": points}],
        "errorCode": "Success",
    }


def _value(world: World, vm: Resource, name: str, begin_us: int, end_us: int) -> float | None:
    """Return the mean of an interval, or None while the machine did not run."""
    config, powers = world.config.get(STATE, {}), world.state(STATE)
    if any(fnmatch(vm.name, each) for each in config.get("without", ())) or not powers.runs(vm.id, begin_us, end_us):
        return None
    row: Json = next((each for each in config.get("load", ()) if fnmatch(vm.name, each["machines"])), {})
    rng = world.rng("load", vm.name, begin_us)
    cpu, used = rng.uniform(2, 25), rng.uniform(35, 60)
    if name == "percentage cpu":
        return round(float(row.get("cpu", cpu)), 2)
    size = size_of(world, str(vm.properties["hardwareProfile"]["vmSize"]))
    memory = (size.memory_gb if size else 8) * _GIB
    return round(memory * (100 - float(row.get("memory", used))) / 100)


def _interval(call: Call) -> int:
    minutes = _INTERVALS.get(call.query.get("interval", "PT1M"))
    if minutes is None:
        raise _wrong(f"The interval is not supported. Supported intervals: {', '.join(_INTERVALS)}.")
    return minutes


def _moment(call: Call, name: str) -> int:
    try:
        at = datetime.fromisoformat(call.query.get(name, ""))
    except ValueError as problem:
        raise _wrong(f"The query parameter '{name}' is no time.") from problem
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND


def _wrong(text: str) -> Problem:
    return Problem(400, "BadRequest", text)
