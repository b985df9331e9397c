"""The health of the service or of one tenant, as it was found last; thresholds, and sections that were dismissed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from pydantic import Field, model_validator

from shared.domain.health.codes import HealthCode, HealthSection, Severity
from shared.domain.operations.overview import LATEST
from shared.domain.values import Value, wrong_at

LONGEST_DISMISSAL = timedelta(days=90)
"""A dismissal ends after this time at the latest: nothing is hidden for ever."""


class HealthMessage(Value):
    """One finding. *subject*: the queue, timer, region or connection that it is about."""

    code: HealthCode
    severity: Severity
    message: str
    subject: str | None = None


class SectionHealth(Value):
    """The findings of one section; without any it is well."""

    name: HealthSection
    messages: tuple[HealthMessage, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of the worst finding."""
        return worst(each.severity for each in self.messages)


class LimitUsageSample(Value):
    """The used amount of something limited on a day, at the last check of that day."""

    day: date
    used: int


class LimitUsage(Value):
    """Something limited, with its use on the last days. *name*: as a finding names it."""

    name: str
    limit: int
    samples: tuple[LimitUsageSample, ...] = ()

    @property
    def used(self) -> int:
        """The latest value."""
        return self.samples[-1].used if self.samples else 0


class HealthReport(Value):
    """The findings of the last check of one tenant, or of the service (``EVERYWHERE`` in place of a tenant's id)."""

    tenant_id: str
    checked_date_time: datetime | None = None
    sections: tuple[SectionHealth, ...]
    limit_usages: tuple[LimitUsage, ...] = ()

    @property
    def id(self) -> str:
        """The id of the record."""
        return LATEST


class HealthDismissal(Value):
    """The dismissal of a section: until when it has no effect on the status, and who dismissed it."""

    section: HealthSection
    until: datetime
    by: str
    at: datetime
    reason: str = ""


class HealthThresholds(Value):
    """Values from which a finding is a warning or an error."""

    storage_latency_warning_in_milliseconds: int = Field(250, ge=1, le=60_000)
    storage_latency_error_in_milliseconds: int = Field(1_000, ge=1, le=60_000)
    clock_skew_warning_in_seconds: int = Field(30, ge=1, le=3_600)
    clock_skew_error_in_seconds: int = Field(120, ge=1, le=3_600, description="tokens allow five minutes")
    message_age_warning_in_minutes: int = Field(15, ge=1, le=10_080)
    message_age_error_in_minutes: int = Field(60, ge=1, le=10_080)
    timer_late_after_minutes: int = Field(45, ge=31, le=1_440, description="beyond the interval of the timer")
    due_work_late_warning_in_minutes: int = Field(15, ge=2, le=10_080)
    due_work_late_error_in_minutes: int = Field(60, ge=2, le=10_080)
    throttled_share_warning_in_percent: int = Field(5, ge=1, le=100)
    throttled_share_error_in_percent: int = Field(20, ge=1, le=100)
    subscription_end_warning_in_days: int = Field(7, ge=1, le=28)
    limit_warning_in_percent: int = Field(80, ge=1, le=100, description="of a quota or of a connection's addresses")
    price_age_warning_in_days: int = Field(3, ge=1, le=90, description="of a price that could not be read since")
    tenant_checked_every_minutes: int = Field(360, ge=60, le=1_440)

    @model_validator(mode="after")
    def _warnings_come_first(self) -> "HealthThresholds":
        for name in type(self).model_fields:
            error = name.replace("_warning_", "_error_")
            if error != name and error in type(self).model_fields and getattr(self, name) > getattr(self, error):
                camel = type(self).model_fields[name].alias or name
                raise wrong_at(camel, "a warning comes before the error: write a value that is not larger")
        return self


class HealthSettings(Value):
    """The dismissed sections of a tenant or of the service; thresholds are the service's alone."""

    tenant_id: str
    dismissals: tuple[HealthDismissal, ...] = ()
    thresholds: HealthThresholds = Field(default_factory=HealthThresholds)

    @property
    def id(self) -> str:
        """The id of the record: there is one of each tenant."""
        return self.tenant_id

    def dismissal(self, section: HealthSection, now: datetime) -> HealthDismissal | None:
        """Return the dismissal of a section that has not ended."""
        return next((each for each in self.dismissals if each.section is section and each.until > now), None)

    def with_dismissal(
        self, section: HealthSection, dismissal: HealthDismissal | None, now: datetime
    ) -> "HealthSettings":
        """Return the settings with a section's dismissal replaced, or removed (None); ended ones are removed."""
        others = tuple(each for each in self.dismissals if each.section is not section and each.until > now)
        return self.but(dismissals=others if dismissal is None else (*others, dismissal))


_ORDER = (Severity.OK, Severity.WARNING, Severity.ERROR)


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the worst of some severities, ok of none."""
    return max(severities, key=_ORDER.index, default=Severity.OK)


def overall(sections: Sequence[SectionHealth], settings: HealthSettings, now: datetime) -> Severity:
    """Return the worst severity of the sections that are not dismissed."""
    return worst(each.severity for each in sections if settings.dismissal(each.name, now) is None)
