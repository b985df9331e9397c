"""The review of a form: its errors, warnings, and a forecast of its consequences. Nothing is saved."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.domain.values import Value
from shared.domain.wizards.forms import Wizard
from shared.errors import Problem, shown


class WarningCode(StrEnum):
    """Subject of a warning."""

    OVERLAP = "overlap"  # another policy targets the same users
    QUOTA_SHORT = "quotaShort"
    ADDRESSES_SHORT = "addressesShort"
    UNLICENSED_MEMBERS = "unlicensedMembers"
    SHARED_JOIN_ACCOUNT = "sharedJoinAccount"
    MIXED_JOIN_TYPES = "mixedJoinTypes"  # some Cloud PCs would join Entra ID only, others also the domain
    UNHEALTHY_CONNECTION = "unhealthyConnection"
    QUANTITY_DIFFERS = "quantityDiffers"  # of a Spot Group from the number of its members
    PLACES_LOST = "placesLost"  # users of a Spot Group who have a place, above the new quantity
    RIGHTS_SHORT = "rightsShort"  # role assignments of the subscription
    NOT_LOOKED_AT = "notLookedAt"  # the cloud did not answer: the review is incomplete


class ReviewWarning(Value):
    """A warning that does not prevent saving."""

    concern: WarningCode
    message: str
    step: str | None = None
    details: dict[str, Any] | None = Field(None, description="the numbers and names behind it; depends on concern")


class Forecast(Value):
    """Effects of saving, in words and in numbers."""

    summary: str
    details: dict[str, Any] = Field(default_factory=dict, description="the numbers; depends on the wizard")


class ReviewError(Value):
    """Error of one field: a JSON pointer into the form, and the value to write."""

    pointer: str
    message: str


class ReviewedStep(Value):
    """Review of one step of a form."""

    name: str
    valid: bool
    errors: tuple[ReviewError, ...] = ()


class Review(Value):
    """A reviewed form."""

    wizard: str
    through_step: str
    valid: bool
    steps: tuple[ReviewedStep, ...]
    warnings: tuple[ReviewWarning, ...] = ()
    would_happen: Forecast | None = None


def review(
    wizard: Wizard,
    through_step: str,
    problems: Iterable[Problem],
    warnings: Iterable[ReviewWarning],
    forecast: Forecast | None,
) -> Review:
    """Return the review of a form that has *problems*; *forecast* is only shown of a form without."""
    found = list(problems)
    return Review(
        wizard=wizard.name,
        through_step=through_step,
        valid=not found,
        steps=tuple(_step(step.name, found) for step in wizard.until(through_step)) + _elsewhere(found),
        warnings=tuple(warnings),
        would_happen=None if found else forecast,
    )


def _step(name: str, problems: list[Problem]) -> ReviewedStep:
    errors = _errors(p for p in problems if p.step == name)
    return ReviewedStep(name=name, valid=not errors, errors=errors)


def _elsewhere(problems: list[Problem]) -> tuple[ReviewedStep, ...]:
    errors = _errors(p for p in problems if p.step is None)
    return (ReviewedStep(name="form", valid=False, errors=errors),) if errors else ()


def _errors(problems: Iterable[Problem]) -> tuple[ReviewError, ...]:
    return tuple(ReviewError(pointer=each.pointer, message=each.message) for each in shown(list(problems)))
