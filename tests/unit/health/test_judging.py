"""Findings of the health page: thresholds and forecasts."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.cost.prices import Currency, Quote, RegionPrices
from shared.domain.health.codes import CODES, OF_SERVICE, OF_TENANT, HealthCode, HealthSection, Severity
from shared.domain.health.judging import (
    TIMER_INTERVALS,
    forecast_use,
    judge_clock,
    judge_due_work,
    judge_endpoints,
    judge_limit,
    judge_outbox,
    judge_prices,
    judge_queues,
    judge_rate_limits,
    judge_set_aside,
    judge_stalled_work,
    judge_storage,
    judge_subscriptions,
    judge_timers,
    with_sample,
)
from shared.domain.health.report import (
    HealthDismissal,
    HealthSettings,
    HealthThresholds,
    LimitUsage,
    SectionHealth,
    overall,
)
from shared.domain.notices.delivery import CLOSED_AFTER, EndpointState
from shared.domain.notices.endpoint import DisabledReason, EndpointDisabled, EndpointKind, NoticeEndpoint
from shared.domain.rate_limiter import CallCounts, Limit, RateLimiter
from triggers import timers

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
USUAL = HealthThresholds()
QUOTA = (HealthCode.QUOTA_SCARCE, HealthCode.QUOTA_ENDS)


def found(section: SectionHealth) -> list[tuple[str, str, str | None]]:
    return [(each.code.value, each.severity.value, each.subject) for each in section.messages]


@pytest.mark.parametrize(("took", "severity"), [(20, "ok"), (250, "warning"), (1_000, "error")])
def test_a_slow_storage_is_a_finding(took: float, severity: str) -> None:
    assert judge_storage(took, USUAL).severity == severity


@pytest.mark.parametrize(("seconds", "severity"), [(5, "ok"), (-31, "warning"), (200, "error")])
def test_a_clock_that_differs_in_either_direction_is_a_finding(seconds: int, severity: str) -> None:
    assert judge_clock(timedelta(seconds=seconds), USUAL).severity == severity


def test_a_clock_that_was_not_compared_is_none() -> None:
    assert found(judge_clock(None, USUAL)) == []


def test_old_messages_and_those_that_were_set_aside_are_findings() -> None:
    ages = {"directory-changes": 61 * MINUTE, "poison": 2 * MINUTE, "other": 2 * MINUTE}
    assert found(judge_queues(ages, "poison", USUAL)) == [
        ("messagesWait", "error", "directory-changes"),
        ("messagesSetAside", "warning", "poison"),
    ]
    assert found(judge_queues({"poison": timedelta()}, "poison", USUAL)) == []


def test_a_timer_is_late_after_its_interval_and_some_time() -> None:
    ticks = {"sweep": NOW - 47 * MINUTE, "purge_history": NOW - 100 * MINUTE}
    assert found(judge_timers(ticks, NOW, USUAL)) == [("timerLate", "error", "sweep")]


def test_the_intervals_are_those_of_the_timers() -> None:
    assert TIMER_INTERVALS.keys() == {name for name, each in vars(timers).items() if hasattr(each, "_function")}


def test_work_that_nobody_begins_is_a_finding_of_its_kind() -> None:
    since = {"start": NOW - 16 * MINUTE, "reread": NOW - 61 * MINUTE, "power": NOW - 2 * MINUTE}
    assert found(judge_due_work(since, NOW, USUAL)) == [
        ("dueWorkLate", "error", "reread"),
        ("dueWorkLate", "warning", "start"),
    ]


def test_each_kind_of_rows_that_are_set_aside_is_named() -> None:
    section = judge_set_aside({"recheck": "It is damaged."}, 3)
    assert found(section) == [("rowsSetAside", "warning", "recheck")]
    assert "3 in all" in section.messages[0].message


def test_a_share_of_few_calls_says_nothing() -> None:
    calls = {"few": (19, 19), "calm": (1_000, 49), "busy": (1_000, 50), "refused": (100, 20)}
    assert found(judge_rate_limits(calls, USUAL)) == [
        ("callsThrottled", "warning", "busy"),
        ("callsThrottled", "error", "refused"),
    ]


def test_work_that_stood_still_is_a_finding_for_a_day() -> None:
    stalled = {"reconcile": (NOW - 23 * 60 * MINUTE, "reconcile:a"), "clean_up": (NOW - 2 * DAY, "clean:a")}
    section = judge_stalled_work(stalled, NOW)
    assert found(section) == [("workStoodStill", "warning", "reconcile")]
    assert "reconcile:a" in section.messages[0].message


def test_a_price_is_old_when_it_could_not_be_read_for_days() -> None:
    quotes: dict[str, tuple[Quote, ...]] = {"standard_d2s_v5": (Quote(since=(NOW - 9 * DAY).date(), amount=1.0),)}
    prices = RegionPrices(
        currency=Currency.USD,
        region="westeurope",
        quotes=quotes,
        read_on={"standard_d2s_v5": (NOW - 3 * DAY).date(), "disks": (NOW - 9 * DAY).date()},
        tried_at={"standard_d2s_v5": NOW - MINUTE},
        fault="it does not answer",
    )
    section = judge_prices([prices], NOW, USUAL)
    assert found(section) == [("pricesOld", "warning", "westeurope in USD")]
    assert "standard_d2s_v5 was last read on 2026-03-01: it does not answer" in section.messages[0].message
    yesterday = prices.but(read_on={"standard_d2s_v5": (NOW - DAY).date()})
    nobody_s = prices.but(tried_at={"standard_d2s_v5": NOW - 3 * DAY})
    assert [found(judge_prices([each], NOW, USUAL)) for each in (yesterday, nobody_s)] == [[], []]


def test_events_that_nobody_sends_on_are_a_finding_of_their_table() -> None:
    since = {"cloudpcs": NOW - 61 * MINUTE, "operations": NOW - 16 * MINUTE, "connections": NOW - MINUTE}
    assert found(judge_outbox(since, NOW, USUAL)) == [
        ("eventsWait", "error", "cloudpcs"),
        ("eventsWait", "warning", "operations"),
    ]


def test_an_endpoint_that_fails_or_was_disabled_is_a_finding_and_a_switched_off_one_is_not() -> None:
    fine = NoticeEndpoint(
        id="e1",
        tenant_id="a",
        display_name="Fine",
        kind=EndpointKind.WEBHOOK,
        created_date_time=NOW,
        last_modified_date_time=NOW,
    )
    gone = EndpointDisabled(reason=DisabledReason.GONE, message="410", at=NOW)
    state = EndpointState(id="e1", tenant_id="a", failures=CLOSED_AFTER, last_failure="it answered 500")
    section = judge_endpoints(
        [
            (fine, None),
            (fine, state.but(failures=CLOSED_AFTER - 1)),
            (fine.but(display_name="Fails"), state),
            (fine.but(display_name="Gone", disabled=gone), state),
            (fine.but(display_name="Off", enabled=False, disabled=gone), state),
        ]
    )
    assert found(section) == [("endpointFails", "warning", "Fails"), ("endpointDisabled", "error", "Gone")]


def test_a_subscription_that_is_missing_over_or_not_renewed_is_a_finding() -> None:
    ends = {"groups": None, "users": NOW + 6 * DAY}
    assert found(judge_subscriptions(ends, NOW, USUAL)) == [
        ("directorySubscriptionMissing", "warning", "groups"),
        ("directorySubscriptionEnds", "warning", "users"),
    ]
    assert found(judge_subscriptions({"users": NOW + 20 * DAY}, NOW, USUAL)) == []


def grown(*used: int, limit: int = 100) -> LimitUsage:
    room = None
    for ago, each in zip(range(len(used) - 1, -1, -1), used, strict=True):
        room = with_sample(room, "cores", each, limit, NOW - ago * DAY)
    assert room is not None
    return room


@pytest.mark.parametrize(
    ("used", "expected"),
    [((40,), 40), ((10, 20), 90), ((0, 10, 20, 30, 40, 50, 60, 70), 140), ((70, 60, 50), 50), ((10, 10), 10)],
)
def test_the_growth_of_the_last_days_goes_on_for_seven(used: tuple[int, ...], expected: int) -> None:
    assert forecast_use(grown(*used)) == expected


def test_days_longer_ago_and_a_second_value_of_one_day_do_not_count() -> None:
    room = with_sample(grown(*range(0, 100, 10)), "cores", 95, 100, NOW)
    assert [each.used for each in room.samples] == [20, 30, 40, 50, 60, 70, 80, 95]


@pytest.mark.parametrize(
    ("room", "awaited", "expected"),
    [
        (grown(50), 0, None),
        (grown(79), 0, None),
        (grown(80), 0, ("quotaScarce", "warning")),
        (grown(20, 30), 0, ("quotaScarce", "warning")),
        (grown(20, 40), 0, ("quotaEnds", "error")),
        (grown(100), 0, ("quotaEnds", "error")),
        (grown(50), 51, ("quotaEnds", "error")),
        (grown(0, limit=0), 0, None),
    ],
)
def test_what_is_scarce_or_ends_within_seven_days_is_a_finding(
    room: LimitUsage, awaited: int, expected: tuple[str, str] | None
) -> None:
    message = judge_limit(room, QUOTA, "vCPUs", USUAL, awaited)
    assert (message and (message.code.value, message.severity.value)) == expected


def test_a_dismissed_section_counts_for_nothing_until_its_time() -> None:
    bad = judge_storage(2_000, USUAL)
    dismissal = HealthDismissal(section=HealthSection.STORAGE, until=NOW + DAY, by="ada", at=NOW)
    settings = HealthSettings(tenant_id="*").with_dismissal(HealthSection.STORAGE, dismissal, NOW)
    assert overall([bad], settings, NOW) is Severity.OK
    assert overall([bad], settings, NOW + DAY) is Severity.ERROR
    assert settings.with_dismissal(HealthSection.CLOCK, None, NOW + 2 * DAY).dismissals == ()


def test_every_section_of_a_page_can_have_a_finding() -> None:
    assert {section for facts in CODES.values() for section in facts.sections} >= {*OF_SERVICE, *OF_TENANT}


def test_calls_are_counted_of_this_hour_and_the_one_before() -> None:
    counts = CallCounts()
    counts.add(3_600.0, 10, 1)
    counts.add(7_200.0, 5, 2)
    assert counts.lately(7_300.0) == (15, 3)
    assert counts.lately(10_900.0) == (5, 2)
    assert counts.lately(18_000.0) == (0, 0)
    counts.add(18_000.0, 1, 0)
    assert counts.lately(18_000.0) == (1, 0)


def test_an_earlier_release_can_read_a_limiter_whose_calls_are_counted() -> None:
    limiter = RateLimiter.full(Limit(1, 10), 0.0)
    limiter.counts.add(0.0, 5, 1)
    assert "counts" not in limiter.to_json()
