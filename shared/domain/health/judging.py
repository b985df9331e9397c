"""Findings from measured values. Pure: no function here reads anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.domain.cost.prices import RegionPrices
from shared.domain.health.codes import HealthCode, HealthSection, Severity
from shared.domain.health.report import HealthMessage, HealthThresholds, LimitUsage, LimitUsageSample, SectionHealth
from shared.domain.notices.delivery import CLOSED_AFTER, EndpointState
from shared.domain.notices.endpoint import NoticeEndpoint

FORECAST = timedelta(days=7)
"""The time for which usage of limits is forecast, and the time of the growth that it is forecast by."""

FEWEST_CALLS = 20
"""A share of fewer calls says nothing."""

STALLED_LATELY = timedelta(days=1)
"""Time for which work that stood still, and was begun again, is a finding."""

_TRIED_LATELY = timedelta(days=2)
"""A price that nobody has tried to read since is of a size that nobody has any more."""

TIMER_INTERVALS: Mapping[str, timedelta] = MappingProxyType(
    {
        "sweep": timedelta(minutes=1),
        "purge_history": timedelta(hours=1),
        "export_the_tables": timedelta(minutes=20),
        "delete_what_is_old": timedelta(days=1),
        "settle_and_measure": timedelta(minutes=15),
    }
)
"""The timers of the service and their intervals."""


def section(name: HealthSection, messages: Iterable[HealthMessage | None]) -> SectionHealth:
    """Return a section with the findings that are not None."""
    return SectionHealth(name=name, messages=tuple(each for each in messages if each is not None))


def finding(code: HealthCode, severity: Severity, message: str, subject: str | None = None) -> HealthMessage:
    """Return one finding."""
    return HealthMessage(code=code, severity=severity, message=message, subject=subject)


def graded(value: float, warning: float, error: float) -> Severity:
    """Return the severity of a value that is bad when it is large."""
    if value >= error:
        return Severity.ERROR
    return Severity.WARNING if value >= warning else Severity.OK


def judge_storage(milliseconds: float, thresholds: HealthThresholds) -> SectionHealth:
    """Judge the median latency of one request to Table Storage."""
    severity = graded(
        milliseconds,
        thresholds.storage_latency_warning_in_milliseconds,
        thresholds.storage_latency_error_in_milliseconds,
    )
    found = finding(HealthCode.STORAGE_SLOW, severity, f"the median of five reads took {milliseconds:.0f} ms")
    return section(HealthSection.STORAGE, [found if severity is not Severity.OK else None])


def judge_clock(skew: timedelta | None, thresholds: HealthThresholds) -> SectionHealth:
    """Judge the difference between the service's clock and the storage's; None where it was not compared."""
    seconds = abs(skew.total_seconds()) if skew is not None else 0.0
    severity = graded(seconds, thresholds.clock_skew_warning_in_seconds, thresholds.clock_skew_error_in_seconds)
    found = finding(
        HealthCode.CLOCK_SKEWED, severity, f"the clocks of the service and of Azure differ by {seconds:.0f} s"
    )
    return section(HealthSection.CLOCK, [found if severity is not Severity.OK else None])


def judge_queues(ages: Mapping[str, timedelta], poison: str, thresholds: HealthThresholds) -> SectionHealth:
    """Judge the age of the oldest message of each queue. *poison*: the queue of messages that were set aside."""

    def judge(queue: str, age: timedelta) -> HealthMessage | None:
        minutes = age.total_seconds() / 60
        if queue == poison:
            words = f"messages were set aside; the oldest {minutes:.0f} minutes ago"
            return finding(HealthCode.MESSAGES_SET_ASIDE, Severity.WARNING, words, queue) if age else None
        severity = graded(minutes, thresholds.message_age_warning_in_minutes, thresholds.message_age_error_in_minutes)
        words = f"the oldest message has waited for {minutes:.0f} minutes"
        return None if severity is Severity.OK else finding(HealthCode.MESSAGES_WAIT, severity, words, queue)

    return section(HealthSection.QUEUES, (judge(*each) for each in sorted(ages.items())))


def judge_timers(ticks: Mapping[str, datetime], now: datetime, thresholds: HealthThresholds) -> SectionHealth:
    """Judge when each timer last ended well. A timer without a run is not judged: the deployment may be new."""
    slack = timedelta(minutes=thresholds.timer_late_after_minutes)

    def judge(timer: str, interval: timedelta) -> HealthMessage | None:
        last = ticks.get(timer)
        if last is None or now - last <= interval + slack:
            return None
        words = f"it last ended well at {last:%Y-%m-%d %H:%M} UTC, and runs every {_length(interval)}"
        return finding(HealthCode.TIMER_LATE, Severity.ERROR, words, timer)

    return section(HealthSection.TIMERS, (judge(*each) for each in TIMER_INTERVALS.items()))


def judge_due_work(since: Mapping[str, datetime], now: datetime, thresholds: HealthThresholds) -> SectionHealth:
    """Judge work that is due and was not begun. *since*: the oldest time of each kind of due rows."""

    def judge(kind: str, at: datetime) -> HealthMessage | None:
        minutes = (now - at).total_seconds() / 60
        severity = graded(
            minutes, thresholds.due_work_late_warning_in_minutes, thresholds.due_work_late_error_in_minutes
        )
        words = f"the oldest has been due for {minutes:.0f} minutes"
        return None if severity is Severity.OK else finding(HealthCode.DUE_WORK_LATE, severity, words, kind)

    return section(HealthSection.DUE_WORK, (judge(*each) for each in sorted(since.items())))


def judge_set_aside(reasons: Mapping[str, str], count: int) -> SectionHealth:
    """Judge the due rows that are set aside. *reasons*: an example of each kind."""
    found = [
        finding(HealthCode.ROWS_SET_ASIDE, Severity.WARNING, f"{count} in all; for example: {why}", kind)
        for kind, why in sorted(reasons.items())
    ]
    return section(HealthSection.SET_ASIDE, found)


def judge_rate_limits(calls: Mapping[str, tuple[int, int]], thresholds: HealthThresholds) -> SectionHealth:
    """Judge the share of calls on each bucket that a cloud refused. *calls*: (answered, refused) of the last hours."""

    def judge(bucket: str, answered: int, refused: int) -> HealthMessage | None:
        if answered < FEWEST_CALLS:
            return None
        percent = 100 * refused / answered
        severity = graded(
            percent, thresholds.throttled_share_warning_in_percent, thresholds.throttled_share_error_in_percent
        )
        words = f"{refused} of {answered} calls were refused with 429 ({percent:.0f} %)"
        return None if severity is Severity.OK else finding(HealthCode.CALLS_THROTTLED, severity, words, bucket)

    return section(HealthSection.RATE_LIMITS, (judge(name, *each) for name, each in sorted(calls.items())))


def judge_stalled_work(stalled: Mapping[str, tuple[datetime, str]], now: datetime) -> SectionHealth:
    """Judge the work that stood still. *stalled*: the latest time and instance of each workflow."""

    def judge(workflow: str, at: datetime, instance_id: str) -> HealthMessage | None:
        if now - at > STALLED_LATELY:
            return None
        words = f"{instance_id} was ended at {at:%Y-%m-%d %H:%M} UTC, to be begun again"
        return finding(HealthCode.WORK_STOOD_STILL, Severity.WARNING, words, workflow)

    return section(HealthSection.STALLED_WORK, (judge(name, *each) for name, each in sorted(stalled.items())))


def judge_prices(known: Iterable[RegionPrices], now: datetime, thresholds: HealthThresholds) -> SectionHealth:
    """Judge the prices that could not be read any more, by the age of their last good answers."""
    oldest = now.date() - timedelta(days=thresholds.price_age_warning_in_days)

    def judge(prices: RegionPrices) -> HealthMessage | None:
        failing = [subject for subject, at in prices.tried_at.items() if now - at <= _TRIED_LATELY]
        old = sorted(each for each in failing if prices.read_on.get(each, oldest) <= oldest)
        if not old:
            return None
        read = prices.read_on.get(old[0])
        when = f"was last read on {read}" if read else "was never read"
        more = f", {len(old) - 1} more in this region are as old" if len(old) > 1 else ""
        words = f"the price of {old[0]} {when}{more}: {prices.fault}"
        return finding(HealthCode.PRICES_OLD, Severity.WARNING, words, f"{prices.region} in {prices.currency.value}")

    return section(HealthSection.PRICES, (judge(each) for each in sorted(known, key=lambda each: each.id)))


def judge_outbox(since: Mapping[str, datetime], now: datetime, thresholds: HealthThresholds) -> SectionHealth:
    """Judge the events that nobody has sent on. *since*: the time of the oldest event in the outbox of each table."""

    def judge(table: str, at: datetime) -> HealthMessage | None:
        minutes = (now - at).total_seconds() / 60
        severity = graded(minutes, thresholds.message_age_warning_in_minutes, thresholds.message_age_error_in_minutes)
        words = f"the oldest event has waited for {minutes:.0f} minutes"
        return None if severity is Severity.OK else finding(HealthCode.EVENTS_WAIT, severity, words, table)

    return section(HealthSection.OUTBOX, (judge(*each) for each in sorted(since.items())))


def judge_endpoints(endpoints: Iterable[tuple[NoticeEndpoint, EndpointState | None]]) -> SectionHealth:
    """Judge the endpoints of notices; an endpoint that a person has switched off is none of anybody's business."""

    def judge(endpoint: NoticeEndpoint, state: EndpointState | None) -> HealthMessage | None:
        if not endpoint.enabled:
            return None
        if (disabled := endpoint.disabled) is not None:
            words = f"disabled at {disabled.at:%Y-%m-%d %H:%M} UTC ({disabled.reason.value}): {disabled.message}"
            return finding(HealthCode.ENDPOINT_DISABLED, Severity.ERROR, words, endpoint.display_name)
        if state is None or state.failures < CLOSED_AFTER:
            return None
        words = f"the last {state.failures} tries have failed: {state.last_failure or 'no answer'}"
        return finding(HealthCode.ENDPOINT_FAILS, Severity.WARNING, words, endpoint.display_name)

    return section(HealthSection.ENDPOINTS, (judge(*each) for each in endpoints))


def judge_subscriptions(
    ends: Mapping[str, datetime | None], now: datetime, thresholds: HealthThresholds
) -> SectionHealth:
    """Judge the subscriptions to a directory's changes by their resource; None where there is none."""
    soon = timedelta(days=thresholds.subscription_end_warning_in_days)

    def judge(resource: str, end: datetime | None) -> HealthMessage | None:
        if end is None or end <= now:
            words = "there is no subscription: the directory is read from time to time instead"
            return finding(HealthCode.SUBSCRIPTION_MISSING, Severity.WARNING, words, resource)
        if end - now <= soon:
            words = f"it ends at {end:%Y-%m-%d %H:%M} UTC and was not renewed"
            return finding(HealthCode.SUBSCRIPTION_ENDS, Severity.WARNING, words, resource)
        return None

    return section(HealthSection.DIRECTORY, (judge(*each) for each in sorted(ends.items())))


def with_sample(before: LimitUsage | None, name: str, used: int, limit: int, at: datetime) -> LimitUsage:
    """Return the usage of a limit with the value of today, and the values of the days by which it is forecast."""
    first, today = (at - FORECAST).date(), at.date()
    kept = [each for each in before.samples if first <= each.day < today] if before is not None else []
    return LimitUsage(name=name, limit=limit, samples=(*kept, LimitUsageSample(day=today, used=used)))


def forecast_use(room: LimitUsage) -> int:
    """Return the use in seven days, if it grows as it has on the days that are known; never less than now."""
    if not room.samples:
        return 0
    first, last = room.samples[0], room.samples[-1]
    days = (last.day - first.day).days
    growth = (last.used - first.used) / days if days else 0.0
    return last.used + max(0, round(growth * FORECAST.days))


def judge_limit(
    room: LimitUsage, codes: tuple[HealthCode, HealthCode], unit: str, thresholds: HealthThresholds, awaited: int = 0
) -> HealthMessage | None:
    """Judge the use of a limit. *codes*: the codes for scarce and for used up. *awaited*: use by planned builds."""
    scarce, ends = codes
    expected = max(forecast_use(room), room.used + awaited)
    words = f"{room.used} of {room.limit} {unit} are used, {expected} are expected in seven days"
    if expected > room.limit or (room.limit and room.used >= room.limit):
        return finding(ends, Severity.ERROR, words, room.name)
    if room.limit and expected * 100 >= room.limit * thresholds.limit_warning_in_percent:
        return finding(scarce, Severity.WARNING, words, room.name)
    return None


def in_order(sections: Iterable[SectionHealth], order: Sequence[HealthSection]) -> tuple[SectionHealth, ...]:
    """Return all sections in the order of the page; sections without findings are ok."""
    found: dict[HealthSection, list[HealthMessage]] = {name: [] for name in order}
    for each in sections:
        found.setdefault(each.name, []).extend(each.messages)
    return tuple(SectionHealth(name=name, messages=tuple(messages)) for name, messages in found.items())


def _length(interval: timedelta) -> str:
    hour = timedelta(hours=1)
    return f"{interval // hour} h" if interval >= hour else f"{interval // timedelta(minutes=1)} min"
