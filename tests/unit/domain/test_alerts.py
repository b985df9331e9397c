"""Alert rules and records: raised once, updated, resolved once."""

from datetime import UTC, datetime, timedelta

from shared.domain.alerts.alert import (
    TEMPLATES,
    AlertRuleTemplate,
    AlertSeverity,
    AlertStatus,
    AlertThreshold,
    judged,
    system_rule,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
RULE = system_rule("contoso", AlertRuleTemplate.PROVISION)


def test_every_template_has_a_rule_that_is_on() -> None:
    assert TEMPLATES.keys() == set(AlertRuleTemplate)
    assert all(system_rule("contoso", each).fires(1) for each in AlertRuleTemplate)


def test_an_alert_is_raised_updated_and_resolved() -> None:
    raised = judged(RULE, None, 2, NOW)
    assert raised is not None
    assert (raised.status, raised.value, raised.severity) == (AlertStatus.ACTIVE, 2, AlertSeverity.CRITICAL)
    assert judged(RULE, raised, 2, LATER) is None
    more = judged(RULE, raised, 3, LATER)
    assert more is not None
    assert (more.id, more.value, more.last_updated_date_time) == (raised.id, 3, LATER)
    over = judged(RULE, more, 0, LATER)
    assert over is not None
    assert (over.id, over.status, over.resolved_date_time) == (raised.id, AlertStatus.RESOLVED, LATER)
    assert judged(RULE, None, 0, LATER) is None


def test_the_threshold_and_the_switch_count() -> None:
    assert judged(RULE.but(threshold=AlertThreshold(target=3)), None, 2, NOW) is None
    off = RULE.but(enabled=False)
    assert judged(off, None, 9, NOW) is None
    resolved = judged(off, judged(RULE, None, 9, NOW), 9, LATER)
    assert resolved is not None
    assert resolved.status is AlertStatus.RESOLVED


def test_two_alerts_of_one_rule_have_ids_of_their_own() -> None:
    first, second = judged(RULE, None, 1, NOW), judged(RULE, None, 1, LATER)
    assert first is not None
    assert second is not None
    assert first.id != second.id
