"""Sections of the health page, and the stable code of each finding. Every code has a page of cause and cure.

A code never changes its meaning: scripts and alerts of others rely on it. A new finding is a row of ``CODES`` and a
page in ``docs/runbooks/health``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Severity(StrEnum):
    """Severities of a finding; a section has the severity of its worst finding."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class HealthSection(StrEnum):
    """Sections of the page."""

    CHECKS = "checks"
    STORAGE = "storage"
    CLOCK = "clock"
    QUEUES = "queues"
    TIMERS = "timers"
    DUE_WORK = "dueWork"
    SET_ASIDE = "setAside"
    RATE_LIMITS = "rateLimits"
    STALLED_WORK = "stalledWork"
    PRICES = "prices"
    COST_EXPORT = "costExport"
    CREDENTIAL = "credential"
    CONSENT = "consent"
    RIGHTS = "rights"
    DIRECTORY = "directorySubscriptions"
    QUOTA = "quota"
    ADDRESSES = "addresses"
    OUTBOX = "outbox"
    ENDPOINTS = "endpoints"


OF_SERVICE = (
    HealthSection.CHECKS,
    HealthSection.STORAGE,
    HealthSection.CLOCK,
    HealthSection.QUEUES,
    HealthSection.TIMERS,
    HealthSection.DUE_WORK,
    HealthSection.SET_ASIDE,
    HealthSection.RATE_LIMITS,
    HealthSection.STALLED_WORK,
    HealthSection.PRICES,
)
"""The sections of the service as a whole, in the order of its page."""

OF_TENANT = (
    HealthSection.CHECKS,
    HealthSection.CREDENTIAL,
    HealthSection.CONSENT,
    HealthSection.RIGHTS,
    HealthSection.DIRECTORY,
    HealthSection.QUOTA,
    HealthSection.ADDRESSES,
    HealthSection.OUTBOX,
    HealthSection.ENDPOINTS,
    HealthSection.COST_EXPORT,
    HealthSection.DUE_WORK,
    HealthSection.SET_ASIDE,
)
"""The sections of a tenant, in the order of its page."""


class HealthCode(StrEnum):
    """Codes of findings."""

    CHECKS_LATE = "checksLate"
    CHECK_FAILED = "checkFailed"
    STORAGE_SLOW = "storageSlow"
    CLOCK_SKEWED = "clockSkewed"
    MESSAGES_WAIT = "messagesWait"
    MESSAGES_SET_ASIDE = "messagesSetAside"
    TIMER_LATE = "timerLate"
    DUE_WORK_LATE = "dueWorkLate"
    ROWS_SET_ASIDE = "rowsSetAside"
    CALLS_THROTTLED = "callsThrottled"
    CREDENTIAL_REFUSED = "credentialRefused"
    CONSENT_MISSING = "consentMissing"
    PERMISSIONS_MISSING = "permissionsMissing"
    SIGN_IN_NOT_CONSENTED = "signInNotConsented"
    ROLE_INCOMPLETE = "roleIncomplete"
    PROVIDER_NOT_REGISTERED = "providerNotRegistered"
    SUBSCRIPTION_MISSING = "directorySubscriptionMissing"
    SUBSCRIPTION_ENDS = "directorySubscriptionEnds"
    SIGN_IN_RIGHTS_SCARCE = "signInRightsScarce"
    SIGN_IN_RIGHTS_END = "signInRightsEnd"
    QUOTA_NOT_READ = "quotaNotRead"
    QUOTA_SCARCE = "quotaScarce"
    QUOTA_ENDS = "quotaEnds"
    ADDRESSES_SCARCE = "addressesScarce"
    ADDRESSES_END = "addressesEnd"
    WORK_STOOD_STILL = "workStoodStill"
    PRICES_OLD = "pricesOld"
    COST_EXPORT_FAILS = "costExportFails"
    EVENTS_WAIT = "eventsWait"
    ENDPOINT_FAILS = "endpointFails"
    ENDPOINT_DISABLED = "endpointDisabled"


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """The sections that can have a code, and its title in the index of pages."""

    sections: tuple[HealthSection, ...]
    title: str


CODES: Mapping[HealthCode, CodeFacts] = MappingProxyType(
    {
        HealthCode.CHECKS_LATE: CodeFacts((HealthSection.CHECKS,), "The checks themselves are old"),
        HealthCode.CHECK_FAILED: CodeFacts(tuple(HealthSection), "A check could not be made"),
        HealthCode.STORAGE_SLOW: CodeFacts((HealthSection.STORAGE,), "Table Storage answers slowly"),
        HealthCode.CLOCK_SKEWED: CodeFacts((HealthSection.CLOCK,), "The clock differs from Azure's"),
        HealthCode.MESSAGES_WAIT: CodeFacts((HealthSection.QUEUES,), "A message waits too long in a queue"),
        HealthCode.MESSAGES_SET_ASIDE: CodeFacts((HealthSection.QUEUES,), "Messages were set aside"),
        HealthCode.TIMER_LATE: CodeFacts((HealthSection.TIMERS,), "A timer has not run"),
        HealthCode.DUE_WORK_LATE: CodeFacts((HealthSection.DUE_WORK,), "Work that is due does not begin"),
        HealthCode.ROWS_SET_ASIDE: CodeFacts((HealthSection.SET_ASIDE,), "Due rows are set aside"),
        HealthCode.CALLS_THROTTLED: CodeFacts((HealthSection.RATE_LIMITS,), "A cloud refuses many calls with 429"),
        HealthCode.CREDENTIAL_REFUSED: CodeFacts((HealthSection.CREDENTIAL,), "The directory gives no token"),
        HealthCode.CONSENT_MISSING: CodeFacts((HealthSection.CONSENT,), "Nobody has consented in the directory"),
        HealthCode.PERMISSIONS_MISSING: CodeFacts(
            (HealthSection.CONSENT,), "Permissions of Microsoft Graph are missing"
        ),
        HealthCode.SIGN_IN_NOT_CONSENTED: CodeFacts((HealthSection.CONSENT,), "Users cannot consent to the sign-in"),
        HealthCode.ROLE_INCOMPLETE: CodeFacts((HealthSection.RIGHTS,), "The service's role lacks actions"),
        HealthCode.PROVIDER_NOT_REGISTERED: CodeFacts((HealthSection.RIGHTS,), "A resource provider is not registered"),
        HealthCode.SIGN_IN_RIGHTS_SCARCE: CodeFacts(
            (HealthSection.RIGHTS,), "The role assignments of a subscription are scarce"
        ),
        HealthCode.SIGN_IN_RIGHTS_END: CodeFacts(
            (HealthSection.RIGHTS,), "The role assignments of a subscription run out"
        ),
        HealthCode.SUBSCRIPTION_MISSING: CodeFacts((HealthSection.DIRECTORY,), "Graph sends no change notifications"),
        HealthCode.SUBSCRIPTION_ENDS: CodeFacts((HealthSection.DIRECTORY,), "A subscription to changes ends soon"),
        HealthCode.QUOTA_NOT_READ: CodeFacts((HealthSection.QUOTA,), "A quota cannot be read"),
        HealthCode.QUOTA_SCARCE: CodeFacts((HealthSection.QUOTA,), "A quota of vCPUs is nearly used up"),
        HealthCode.QUOTA_ENDS: CodeFacts((HealthSection.QUOTA,), "A quota of vCPUs ends within seven days"),
        HealthCode.ADDRESSES_SCARCE: CodeFacts((HealthSection.ADDRESSES,), "The addresses of a connection are scarce"),
        HealthCode.ADDRESSES_END: CodeFacts((HealthSection.ADDRESSES,), "The addresses of a connection run out"),
        HealthCode.WORK_STOOD_STILL: CodeFacts((HealthSection.STALLED_WORK,), "Work stood still and was begun again"),
        HealthCode.PRICES_OLD: CodeFacts((HealthSection.PRICES,), "Prices of Azure are old"),
        HealthCode.COST_EXPORT_FAILS: CodeFacts(
            (HealthSection.COST_EXPORT,), "The export of actual costs gives nothing"
        ),
        HealthCode.EVENTS_WAIT: CodeFacts((HealthSection.OUTBOX,), "Events wait too long in the outbox"),
        HealthCode.ENDPOINT_FAILS: CodeFacts((HealthSection.ENDPOINTS,), "An endpoint of notices does not answer"),
        HealthCode.ENDPOINT_DISABLED: CodeFacts(
            (HealthSection.ENDPOINTS,), "The service has disabled an endpoint of notices"
        ),
    }
)
"""Every code."""


def runbook_of(code: HealthCode) -> str:
    """Return the page of cause and cure of a code, as a path in the repository."""
    name = "".join(f"-{each.lower()}" if each.isupper() else each for each in code.value)
    return f"docs/runbooks/health/{name}.md"


def index() -> str:
    """Return the table of all codes with links to their pages, as ``docs/health.md`` has it."""
    rows = ["| code | section | means |", "|---|---|---|"]
    for code, facts in CODES.items():
        sections = "any" if len(facts.sections) > 1 else facts.sections[0].value
        page = runbook_of(code).removeprefix("docs/")
        rows.append(f"| [`{code.value}`]({page}) | {sections} | {facts.title} |")
    return "\n".join(rows)
