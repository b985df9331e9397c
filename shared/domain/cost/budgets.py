"""Budgets: an amount for each month, the notices of its use, and the brake in steps. Pure.

A brake never stops an active session, never refuses a sign-in and deletes nothing: warm pools are not refilled, unused
machines stop sooner, nothing starts early, and then new builds wait.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from shared.domain.power.state import BudgetBrake
from shared.domain.values import Id, Label, Value, wrong_at

_FULL, _TIGHTENED = 1.0, 0.8
_SHARES = (50, 80, 100)
_HOUR = timedelta(hours=1)
_CHECKED_WITHIN, _MOST_AT_ONCE = 2.0, 2_000
"""Hours until the next check at the latest, and the most machines that one wave of builds has."""

WAITS_FOR_BUDGET = "budget"
"""The code of a build that waits for a budget."""

FORECAST = "forecast"
"""The notice of a budget whose month is going to cost more than its amount."""


def _cents(amount: float) -> float:
    return round(amount, 2)


class BudgetScope(StrEnum):
    """The costs that a budget is for."""

    TENANT = "tenant"
    POLICY = "policy"
    SPOT_GROUP = "spotGroup"


class BudgetSettings(Value):
    """A budget as a person sets it. *subject_id*: of its policy or Spot Group."""

    display_name: Label = Field(title="Name")
    scope: BudgetScope = Field(title="Scope", description="The costs that it is for.")
    subject_id: Id | None = Field(None, title="Policy or Spot Group", description="Of a scope that is not the tenant.")
    amount: Annotated[float, AfterValidator(_cents)] = Field(
        ge=0.01, le=1_000_000_000, title="Amount", description="Of a month, in the currency of the rate card."
    )
    brakes: bool = Field(
        False,
        title="Brake",
        description="At 80 %, or when the month will cost more: warm pools are not refilled, unused Cloud PCs stop"
        " after 15 minutes, none starts early. At 100 %: new builds wait.",
    )

    @model_validator(mode="after")
    def _check_subject(self) -> "BudgetSettings":
        if (self.scope is BudgetScope.TENANT) is not (self.subject_id is None):
            raise wrong_at("subjectId", "name the policy or the Spot Group, and nothing for the tenant")
        return self


class BrakeStep(StrEnum):
    """Steps of the brake, each with those before it."""

    NONE = "none"
    TIGHTENED = "tightened"
    PARKING = "parking"


class BudgetUse(Value):
    """Use of a budget in its month. *month*: such as 2026-11. *notices*: that were given in this month.

    *spent*, *forecast*: None where no price is known. *brake_since*: when the present step of the brake began.
    *hourly*: the cost of an hour of all its machines at the check, if they are on; *begun*: of those whose builds have
    begun since, and *begun_before*: of those that had begun in the hour before the check.
    """

    month: str
    checked_at: datetime
    spent: float | None = None
    forecast: float | None = None
    notices: tuple[str, ...] = ()
    step: BrakeStep = BrakeStep.NONE
    brake_since: datetime | None = None
    hourly: float = 0.0
    begun: float = 0.0
    begun_before: float = 0.0

    def expected(self, now: datetime) -> float | None:
        """Return the cost until now, at most: by the check, and by the time since; None if it is not known."""
        if self.spent is None:
            return None
        since = max(0.0, (now - self.checked_at) / _HOUR)
        return self.spent + since * (self.hourly + self.begun + self.begun_before)


class Budget(BudgetSettings):
    """A budget of a tenant."""

    id: Id
    tenant_id: Id
    use: BudgetUse | None = None

    def of(self, settings: BudgetSettings) -> "Budget":
        """Return the budget with other settings; its use is judged again."""
        changed = any(getattr(self, name) != value for name, value in settings)
        return self.but(**dict(settings), use=None) if changed else self

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: the settings, not their use."""
        return self.but(use=None).to_json()

    def covers(self, policy_id: str | None) -> bool:
        """Whether the brake of the budget applies to the Cloud PCs of a policy."""
        return self.scope is BudgetScope.TENANT or (self.scope is BudgetScope.POLICY and self.subject_id == policy_id)

    def checked(
        self, spent: float | None, forecast: float | None, month: str, now: datetime, hourly: float = 0.0
    ) -> "Budget":
        """Return the budget after a check; a new month begins without notices and without a brake."""
        before = self.use if self.use is not None and self.use.month == month else None
        step = self._step(spent, forecast)
        same = before is not None and before.step is step
        use = BudgetUse(
            month=month,
            checked_at=now,
            spent=spent,
            forecast=forecast,
            notices=(*(before.notices if before else ()), *self.due_notices(spent, forecast, month)),
            step=step,
            brake_since=None if step is BrakeStep.NONE else before.brake_since if before and same else now,
            hourly=hourly,
            begun_before=before.begun if before else 0.0,
        )
        return self.but(use=use)

    def due_notices(self, spent: float | None, forecast: float | None, month: str) -> tuple[str, ...]:
        """Return the notices to give now: each share once a month, and the forecast once."""
        given = self.use.notices if self.use is not None and self.use.month == month else ()
        if spent is None:
            return ()
        reached = [str(share) for share in _SHARES if spent >= self.amount * share / 100]
        over = [FORECAST] if forecast is not None and forecast > self.amount and str(_SHARES[-1]) not in reached else []
        return tuple(each for each in (*reached, *over) if each not in given)

    def brake(self) -> BudgetBrake | None:
        """Return the brake of unused machines, or None while it is not on."""
        use = self.use
        if use is None or use.step is BrakeStep.NONE or use.brake_since is None:
            return None
        return BudgetBrake(since=use.brake_since)

    def parks(self, now: datetime) -> bool:
        """Whether new builds wait: the amount is spent, or will have been since the check, if everything is on."""
        if self.use is None or not self.brakes:
            return False
        expected = self.use.expected(now)
        return self.use.step is BrakeStep.PARKING or (expected is not None and expected >= self.amount)

    def is_far(self, price: float, now: datetime) -> bool:
        """Whether no wave of new builds reaches the amount before the next check. *price*: of an hour of each."""
        expected = self.use.expected(now) if self.use else None
        if self.use is None or expected is None or not self.brakes:
            return True
        hourly = self.use.hourly + self.use.begun + self.use.begun_before + price * _MOST_AT_ONCE
        return expected + hourly * _CHECKED_WITHIN < self.amount

    def with_begun(self, price: float) -> "Budget":
        """Return the budget after another build has begun. *price*: of an hour of its machine."""
        return self if self.use is None else self.but(use=self.use.but(begun=self.use.begun + price))

    def why_parked(self, currency: str) -> str:
        """Return the reason, in words, why a new build waits."""
        spent = self.use.spent if self.use else None
        used = f"{spent:.2f} of {self.amount:.2f} {currency}" if spent is not None else f"{self.amount:.2f} {currency}"
        return f"the budget {self.display_name} of this month is used up ({used})"

    def _step(self, spent: float | None, forecast: float | None) -> BrakeStep:
        """Return the step of the brake; a budget whose cost is unknown has no step."""
        if not self.brakes or spent is None:
            return BrakeStep.NONE
        if spent >= self.amount * _FULL:
            return BrakeStep.PARKING
        over = forecast is not None and forecast > self.amount
        return BrakeStep.TIGHTENED if over or spent >= self.amount * _TIGHTENED else BrakeStep.NONE


def forecast_of(spent: float, counted_from: datetime, now: datetime, ends: datetime) -> float:
    """Return the cost of a whole month by its part until now. *counted_from*: when its minutes begin to count."""
    past = (now - counted_from).total_seconds()
    return spent if past <= 0 else spent + spent / past * max(0.0, (ends - now).total_seconds())
