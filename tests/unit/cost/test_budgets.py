"""Budgets: notices once a month, and the steps of the brake."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from shared.domain.cost.budgets import BrakeStep, Budget, BudgetScope, BudgetSettings, forecast_of

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = "2026-11"
BUDGET = Budget(id="all", tenant_id="contoso", display_name="All", scope=BudgetScope.TENANT, amount=100, brakes=True)


def checked(budget: Budget, spent: float | None, forecast: float | None = None, at: datetime = NOW) -> Budget:
    return budget.checked(spent, forecast, f"{at:%Y-%m}", at)


def notices(budget: Budget) -> tuple[str, ...]:
    return budget.use.notices if budget.use else ()


def test_each_share_is_told_once_a_month() -> None:
    found = BUDGET
    told = []
    for spent in (49, 50, 79, 85, 99.99, 100, 120):
        before = notices(found)
        found = checked(found, spent)
        told.append(notices(found)[len(before) :])
    assert told == [(), ("50",), (), ("80",), (), ("100",), ()]
    assert notices(checked(found, 60, at=NOW + 10 * 24 * HOUR)) == ("50",)


def test_several_shares_that_are_reached_at_once_are_all_told() -> None:
    assert notices(checked(BUDGET, 130)) == ("50", "80", "100")


def test_a_forecast_above_the_amount_is_told_once_and_not_when_it_is_spent() -> None:
    found = checked(BUDGET, 20, 101)
    assert notices(found) == ("forecast",)
    assert notices(checked(found, 30, 150)) == ("forecast",)
    assert notices(checked(BUDGET, 100, 150)) == ("50", "80", "100")


@pytest.mark.parametrize(
    ("spent", "forecast", "step"),
    [
        (79.99, 100, BrakeStep.NONE),
        (20, 100.01, BrakeStep.TIGHTENED),
        (80, 90, BrakeStep.TIGHTENED),
        (100, 120, BrakeStep.PARKING),
        (None, None, BrakeStep.NONE),
    ],
)
def test_the_brake_has_two_steps_and_none_without_a_known_cost(
    spent: float | None, forecast: float | None, step: BrakeStep
) -> None:
    found = checked(BUDGET, spent, forecast)
    assert found.use is not None
    assert found.use.step is step
    assert (found.brake() is not None, found.parks(NOW)) == (step is not BrakeStep.NONE, step is BrakeStep.PARKING)


def test_without_the_switch_there_is_no_brake() -> None:
    found = checked(BUDGET.but(brakes=False), 200)
    assert (found.brake(), found.parks(NOW), notices(found)) == (None, False, ("50", "80", "100"))


def test_a_step_has_the_time_of_its_begin() -> None:
    found = checked(checked(BUDGET, 85), 90, at=NOW + HOUR)
    assert found.brake() is not None
    assert found.brake().since == NOW  # type: ignore[union-attr]
    later = checked(found, 10, at=NOW + 10 * 24 * HOUR)
    assert later.brake() is None


def test_new_builds_wait_once_the_amount_will_have_been_spent_since_the_check() -> None:
    found = BUDGET.checked(90, None, MONTH, NOW, hourly=10)
    assert [found.parks(NOW + n * HOUR / 2) for n in range(3)] == [False, False, True]
    begun = found.with_begun(6).with_begun(4)
    assert begun.parks(NOW + HOUR / 2)
    after = checked(begun, 95, at=NOW + HOUR).use
    assert after is not None
    assert (after.hourly, after.begun, after.begun_before) == (0, 0, 10)
    assert not found.but(brakes=False).parks(NOW + 9 * HOUR)


def test_far_from_its_amount_a_budget_notes_no_build() -> None:
    found = BUDGET.but(amount=100_000).checked(90, None, MONTH, NOW, hourly=10)
    assert found.is_far(0.1, NOW)
    assert not found.is_far(30, NOW)
    assert BUDGET.is_far(30, NOW)


def test_other_settings_are_judged_anew_and_the_same_are_not() -> None:
    found = checked(BUDGET, 85)
    assert found.of(BudgetSettings(display_name="All", scope=BudgetScope.TENANT, amount=100, brakes=True)) == found
    assert found.of(BudgetSettings(display_name="All", scope=BudgetScope.TENANT, amount=1000, brakes=True)).use is None


def test_a_scope_has_its_subject() -> None:
    for wrong in ({"scope": "policy"}, {"scope": "tenant", "subjectId": "p1"}, {"amount": 0}):
        with pytest.raises(ValidationError):
            BudgetSettings.model_validate({"displayName": "All", "scope": "tenant", "amount": 1, **wrong})
    policy = BUDGET.but(scope="policy", subject_id="p1")
    assert (policy.covers("p1"), policy.covers("p2"), BUDGET.covers(None)) == (True, False, True)


def test_a_month_goes_on_as_it_has_begun() -> None:
    begin, end = NOW - 10 * HOUR, NOW + 30 * HOUR
    assert forecast_of(10, begin, NOW, end) == pytest.approx(40)
    assert forecast_of(10, NOW, NOW, end) == 10
