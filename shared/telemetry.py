"""Telemetry: a log line and a span for each activity and call, and a few metrics; with ids, without contents.

Only OpenTelemetry's API is used: it does nothing until the Functions worker, or a test, has loaded an SDK. Names of
people, messages of errors and paths of addresses are left out: telemetry has other readers than the records.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from timeit import default_timer
from typing import TYPE_CHECKING, Any

from shared.domain.owner import Owner
from shared.errors import ThrottledError

if TYPE_CHECKING:  # loaded when first used: cold start
    from opentelemetry.metrics import Counter, Histogram, Meter
    from opentelemetry.trace import Span

_log = logging.getLogger("deskwright")
_IDS = (
    "tenant_id",
    "cloud_pc_id",
    "image_id",
    "image_version_id",
    "connection_id",
    "spot_group_id",
    "session_host_id",
    "generation",
    "attempt",
)
_SCOPE = "deskwright"
_THROTTLED = 429
_ERROR = 400

PENDING = "deskwright.cloud_pcs.pending"
"""Cloud PCs that wait for capacity, a licence or the start of their build, by tenant."""

REMOVALS_WAITING = "deskwright.removals.waiting"
"""Removals that the removal brake holds until they are confirmed, by tenant."""

MACHINES_GONE = "deskwright.machines.gone"
"""Cloud PCs whose machine was deleted in Azure, by tenant."""

SET_ASIDE = "deskwright.due.aside"
"""Due rows that are set aside, by tenant."""

SPOT_ONLINE = "deskwright.spot.hosts.online"
"""Session hosts that can have sessions, by tenant and Spot Group."""

SPOT_SESSIONS = "deskwright.spot.sessions"
"""Sessions on them, by tenant and Spot Group."""

SPOT_WAITING = "deskwright.spot.waiting"
"""Number of items in the Spot Groups that do not go on by themselves, by tenant and kind."""

POOL_CREATED = "deskwright.pools.created"
"""Members of warm pools whose build was planned, by pool; counted, as the next three."""

POOL_FAILED = "deskwright.pools.failed"
"""Members whose build has failed for the last time."""

POOL_CLAIMED = "deskwright.pools.claimed"
"""Members that users have got."""

POOL_MISSES = "deskwright.pools.misses"
"""Users who came when no member was ready: their Cloud PCs are built like any other."""

POOL_DESIRED = "deskwright.pools.desired"
"""Members that a pool should have now, at each look at it, as the next three."""

POOL_RUNNING = "deskwright.pools.running"
"""Members that are built and not being removed."""

POOL_ELIGIBLE = "deskwright.pools.eligible"
"""Members that somebody may get now."""

POOL_HALTED = "deskwright.pools.halted"
"""1 while a pool builds nothing after failures in a row until somebody saves it again, else 0."""

_POOL_CLAIM = "deskwright.pools.claim.duration"
_QUEUES = "deskwright.queues.age"
_DECISIONS = "deskwright.spot.decisions"
_PROVISIONING = "deskwright.provisioning.duration"
_OPERATIONS = "deskwright.operations.ended"
_STALLED = "deskwright.workflows.stalled"
_TICKS = "deskwright.timers.ended"
_SET_ASIDE = "deskwright.messages.set_aside"
_REFUSALS = "deskwright.refusals"
_CALLS = "deskwright.calls.duration"
_CALLS_THROTTLED = "deskwright.calls.throttled"


@contextmanager
def observed(name: str, order: Any = None) -> Iterator[None]:  # noqa: ANN401 - any order has ids or none
    """Log the duration and result of *name* with the ids in *order*, and record them as a span."""
    subject = getattr(order, "machine", None) or order
    found = {key: value for key in _IDS if (value := getattr(subject, key, None)) is not None}
    owner = getattr(subject, "owner", None)
    if isinstance(owner, Owner):
        found[owner.telemetry_field] = owner.id
    ids = " ".join(f"{key}={value}" for key, value in found.items())
    began = default_timer()
    with _span(name, found) as span:
        try:
            yield
        except ThrottledError as error:  # it comes back later, and uses up no retry
            _log.info("%s %s waits %.0f s for a rate limit", name, ids, error.after.total_seconds())
            raise
        except Exception as error:
            _log.warning("%s %s failed after %.0f ms: %s", name, ids, _since(began), type(error).__name__)
            _failed(span, type(error).__name__)
            raise
    _log.info("%s %s done in %.0f ms", name, ids, _since(began))


class MeasuredCall:
    """One call to a cloud; *status* is the HTTP status of its response, 0 without one."""

    status = 0


@contextmanager
def called(method: str, host: str) -> Iterator[MeasuredCall]:
    """Record a call to a cloud as a span and in the metrics. Only *host* of its address: paths contain names."""
    call, began = MeasuredCall(), default_timer()
    attributes: dict[str, str | int] = {"http.request.method": method, "server.address": host}
    with _span(f"{method} {host}", attributes, client=True) as span:
        try:
            yield call
        except Exception as error:
            _failed(span, type(error).__name__)
            raise
        finally:
            attributes = {**attributes, "http.response.status_code": call.status}
            span.set_attributes(attributes)
            _histogram(_CALLS, "s").record(_since(began) / 1000, attributes)
            if call.status == _THROTTLED:
                _counter(_CALLS_THROTTLED).add(1, {"server.address": host})
        if call.status >= _ERROR:
            _failed(span, str(call.status))


def measure_provisioning(took: timedelta, *, tenant_id: str, policy_id: str, outcome: str, code: str = "") -> None:
    """Record the duration of an ended build, by policy and outcome; *code*: of the error of a failed build."""
    attributes = {
        "tenant_id": tenant_id,
        "policy_id": policy_id,
        "outcome": outcome,
        **({"code": code} if code else {}),
    }
    _histogram(_PROVISIONING, "s").record(took.total_seconds(), attributes)


def count_operation(kind: str, status: str, code: str = "") -> None:
    """Count an ended operation, by kind and status; *code*: of the error of a failed operation."""
    _counter(_OPERATIONS).add(1, {"kind": kind, "status": status, **({"code": code} if code else {})})


def count_set_aside() -> None:
    """Count a message of ``directory-changes`` that was set aside."""
    _counter(_SET_ASIDE).add(1, {})


def count_refusal(status: int) -> None:
    """Count a change that a caller without any role was refused."""
    _counter(_REFUSALS).add(1, {"http.response.status_code": status})


def count_tick(timer: str) -> None:
    """Count a run of a timer that ended well."""
    _counter(_TICKS).add(1, {"timer": timer})


def count_stalled(workflow: str) -> None:
    """Count an instance of a workflow that stood still and was ended."""
    _counter(_STALLED).add(1, {"workflow": workflow})


def count_decision(action: str, reason: str) -> None:
    """Count a step that the engine of a Spot Group has decided, by action and reason."""
    _counter(_DECISIONS).add(1, {"action": action, "reason": reason})


def measure_spot_group(tenant_id: str, group_id: str, *, online: int, sessions: int) -> None:
    """Record how many hosts of a Spot Group are online, and how many sessions they have."""
    attributes = {"tenant_id": tenant_id, "spot_group_id": group_id}
    _current(SPOT_ONLINE).record(online, attributes)
    _current(SPOT_SESSIONS).record(sessions, attributes)


def count_of_pool(name: str, pool: Mapping[str, str], number: int = 1) -> None:
    """Count something of a warm pool, which is named by the attributes *pool*."""
    if number:
        _counter(name).add(number, pool)


def measure_pool(values: Mapping[str, int], pool: Mapping[str, str]) -> None:
    """Record current numbers of a warm pool, by the names of their metrics."""
    for name, value in values.items():
        _current(name).record(value, pool)


def measure_claim(took: timedelta, pool: Mapping[str, str]) -> None:
    """Record the time from the request for a member of a warm pool until it was assigned to its user."""
    _histogram(_POOL_CLAIM, "s").record(took.total_seconds(), pool)


def measure_now(name: str, value: int, *, tenant_id: str) -> None:
    """Record the current number of something in a tenant."""
    _current(name).record(value, {"tenant_id": tenant_id})


def measure_spot_waiting(what: str, value: int, *, tenant_id: str) -> None:
    """Record how much of one kind waits for somebody in the Spot Groups of a tenant."""
    _current(SPOT_WAITING).record(value, {"tenant_id": tenant_id, "what": what})


def measure_queue(name: str, age: timedelta) -> None:
    """Record how long the oldest message of a queue has been there; nothing where it is empty."""
    _current(_QUEUES, "s").record(age.total_seconds(), {"queue": name})


def reset_instruments() -> None:
    """Create the instruments again at their next use (for tests, which set another SDK)."""
    for made in (_meter, _histogram, _counter):
        made.cache_clear()


@contextmanager
def _span(name: str, attributes: dict[str, Any], *, client: bool = False) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, get_tracer

    kind = SpanKind.CLIENT if client else SpanKind.INTERNAL
    # Without the exception and its message: a cloud's message may contain names.
    with get_tracer(_SCOPE).start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


def _failed(span: Span, kind: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", kind)


@cache
def _meter() -> Meter:
    from opentelemetry.metrics import get_meter

    return get_meter(_SCOPE)


@cache
def _histogram(name: str, unit: str) -> Histogram:
    return _meter().create_histogram(name, unit)


@cache
def _counter(name: str) -> Counter:
    return _meter().create_counter(name)


def _current(name: str, unit: str = "") -> Histogram:
    """Return the instrument of a current value: a histogram, which is sent once.

    A gauge is sent again every minute while its process lives: what one instance measured an hour ago would stand
    beside what another measures now.
    """
    return _histogram(name, unit)


def _since(began: float) -> float:
    return (default_timer() - began) * 1000
