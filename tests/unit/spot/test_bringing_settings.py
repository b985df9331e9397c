"""Bringing a group's settings to its hosts, by example; tests/properties/spot has the law."""

from datetime import timedelta
from typing import Any

from shared.domain.spot.engine.plan import plan
from shared.domain.spot.hosts.observed import ObservedHost, SettingsDrift
from tests.unit.spot.test_plan import EARLIER, NOW, host, off, taken, target


def other(number: int, **changes: Any) -> ObservedHost:
    """A host with other profiles than its group's settings say."""
    return host(number, **{"drift": SettingsDrift.WHEN_EMPTY, **changes})


def test_hosts_without_sessions_get_the_settings_a_quarter_at_a_time() -> None:
    group = target(quantity=80, minimum_online=8)
    everything = [other(n) for n in range(1, 9)]
    assert taken(plan(group, everything, NOW)) == [
        ("configure", "h1", "settingsDiffer"),
        ("configure", "h2", "settingsDiffer"),
    ]
    running = [other(1, configuring=True, allow_new_sessions=False), *everything[1:]]
    assert [step for step in taken(plan(group, running, NOW)) if step[0] == "configure"] == [
        ("configure", "h2", "settingsDiffer")
    ]


def test_settings_that_no_session_minds_reach_every_host_that_runs_at_once() -> None:
    live = {"drift": SettingsDrift.AT_ONCE}
    hosts = [host(1, active=5, **live), host(2, active=5, **live), off(3, **live), off(4), off(5)]
    assert [step[:2] for step in taken(plan(target(), hosts, NOW)) if step[0] == "configure"] == [
        ("configure", "h1"),
        ("configure", "h2"),
    ]


def test_a_host_with_other_profiles_and_sessions_is_drained_if_seats_stay_free() -> None:
    busy = other(1, active=8, inactive_since=None)
    assert ("drain", "h1", "settingsDiffer") in taken(plan(target(), [busy, host(2), off(3), off(4), off(5)], NOW))
    alone = taken(plan(target(quantity=10), [busy], NOW))
    assert alone == []  # nobody could sign in: it gets them when its last session has ended
    assert taken(plan(target(quantity=10), [other(1)], NOW)) == [("configure", "h1", "settingsDiffer")]


def test_a_host_that_does_not_take_the_settings_is_tried_again_later() -> None:
    failed = other(1, settings_failed_at=NOW - timedelta(minutes=5))
    made = plan(target(quantity=10, minimum_online=1), [failed], NOW)
    assert (taken(made), made.next_look) == ([], NOW + timedelta(minutes=25))
    later = plan(target(quantity=10, minimum_online=1), [failed], NOW + timedelta(minutes=25))
    assert taken(later) == [("configure", "h1", "settingsDiffer")]


def test_a_host_beyond_the_groups_number_is_removed_and_not_started_for_its_settings() -> None:
    hosts = [host(1), off(2), off(3, drift=SettingsDrift.WHEN_EMPTY)]
    assert taken(plan(target(quantity=20, minimum_online=2), hosts, NOW)) == [
        ("start", "h2", "minimumOnline"),
        ("remove", "h3", "tooManyHosts"),
    ]


def test_a_host_that_is_being_configured_is_left_alone() -> None:
    at_work = other(1, configuring=True, allow_new_sessions=False, closed_since=EARLIER, empty_since=EARLIER)
    assert "h1" not in {step[1] for step in taken(plan(target(), [at_work, off(2), off(3), off(4), off(5)], NOW))}
