"""A month of a company of thirty: what the service keeps is flat, or grows by what happened and by nothing else.

Every week has the same events, so that weeks can be compared. The retentions that a setting has are a week here: what
the first week began is gone in the second, and the last one must not have more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.domain.cloud_pcs.build import Step
from tests.e2e.conftest import StartStack
from tests.e2e.counting import Counts, counted
from tests.e2e.office import CALM, MEDIUM, Office

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.embedded_only("a month passes"),
    pytest.mark.timeout(3_600),
]

STAFF, DAYS, WEEK = 30, 30, 7
GRACE_IN_HOURS = 24
KEPT_IN_DAYS = 7
KEPT = {f"DESKWRIGHT_{what}_KEPT_IN_DAYS": str(KEPT_IN_DAYS) for what in ("OPERATIONS", "EXPORTS", "USAGE")}
SETTINGS = {"directoryCatchUpInMinutes": 30, "orphanScanInHours": 24, "cleanUpDelayInHours": 1}
"""The first two are the defaults, which a tenant of the tests has not."""
DAY_BEGINS, OFFICE_OPENS, CHANGES_AT = time(6, 30), time(9), time(18)
"""A day is counted after its nightly timers, the last of which is at 6:10."""
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
HIRED_A_WEEK, REBUILT_A_WEEK, GONE_A_WEEK, SNAPSHOTS_A_WEEK = 2, 1, 2, 1

LEEWAY, FEW, FEW_OF_PROCESS = 1.1, 1, 5
"""The last week may have a tenth more than the second one: polls and chunks of memory are not the same every week. Of
few things it may have one more: what is left behind once a week is two or three more by then.
"""
OF_PROCESS = ("memory (MiB)", "open files", "threads")
GROWS = {
    "table audit": "audit events stay as long as the service",
    "table timeline": "timelines stay as long as the service",
    "table computernames": "a name is kept for 90 days after it was given",
    "table due": "a restore point made by hand is kept for 28 days, and its end is promised for as long",
    "table latestwrites": "a row of each of the 256 shares of a subject that was written",
    "requests to the cloud": "all until now",
    "log (MiB)": "everything until now",
}
ONLY_BY_EVENTS = ("table audit", "table timeline", "table computernames")
SESSION_HOSTS = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"


class Company:
    """Thirty people with a Cloud PC each. *staff*: who works there, longest first."""

    def __init__(self, office: Office) -> None:
        self.office, self.staff, self._hired = office, deque[str](), 0
        self._away = ""
        self._group = office.group("staff", office.user(99))
        for _ in range(STAFF):
            self.hire()
        self._policy = office.policy("Desks", office.connection(), self._group, gracePeriodInHours=GRACE_IN_HOURS)

    def hire(self) -> str:
        self._hired += 1
        self.staff.append(self.office.user(self._hired, MEDIUM))
        self.office.join(self._group, self.staff[-1])
        return self.staff[-1]

    def let_go(self, *, tell: bool) -> None:
        """Let the one who was there longest go; without a message the directory is read for it, within half an hour."""
        gone = self.staff.popleft()
        self.office.leave(self._group, gone)
        self.office.take(gone, MEDIUM)
        if tell:
            self.office.tell_changed(gone)

    def morning(self, day: date) -> None:
        if day.weekday() == THURSDAY and self._away:
            self.office.join(self._group, self._away)
            self.office.tell_changed(self._away)
            self.staff.append(self._away)
            self._away = ""
        if day.weekday() < SATURDAY:
            pool = self.office.machines(SESSION_HOSTS)[0]["id"].split("/sessionHosts/")[0]
            visits = [{"until": 5_400, "stay": [18_000, 25_000]}]
            self.office.stack.tell_cloud("desktops/days", {"hostPool": pool, "users": [*self.staff], "visits": visits})

    def evening(self, day: date) -> None:
        office = self.office
        match day.weekday():
            case 0:
                office.tell_changed(*(self.hire() for _ in range(HIRED_A_WEEK)))
                office.portal.ask(
                    "PATCH", f"{office.graph}/provisioningPolicies/{self._policy}", {"description": f"Since {day}"}
                )
            case 1:
                self.let_go(tell=True)
                self.reboot_some()
            case 2:
                self._away = self.staff.pop()
                office.leave(self._group, self._away)
                office.tell_changed(self._away)
                office.act(office.cloud_pc_of(self.staff[0]), "createSnapshot")
            case 3:
                office.act(office.cloud_pc_of(self.staff[0]), "reprovision", {})
            case 4:
                self.let_go(tell=False)

    def reboot_some(self) -> None:
        """Reboot five at once, and one twice by the same request."""
        office, ids = self.office, [pc["id"] for pc in self.office.cloud_pcs() if pc["status"] == "provisioned"]
        for _ in ("sent", "sent again"):
            answer = office.portal.ask(
                "POST", f"{office.graph}/cloudPCs/{ids[0]}/reboot", None, {"Idempotency-Key": str(self._hired)}
            )
        office.finish(answer)
        office.portal.ask("POST", f"{office.base}/bulkActions", {"action": "reboot", "cloudPcIds": ids[1:6]})

    def is_whole(self) -> None:
        """See that whoever works there has one Cloud PC, nobody else has one in use, and nothing lies about."""
        usable = [pc["userPrincipalName"] for pc in self.office.cloud_pcs() if pc["status"] == "provisioned"]
        assert sorted(usable) == sorted(self.staff)
        assert self.office.invariants() == []


def test_a_month_of_a_company_leaves_no_more_than_it_says(start_stack: StartStack) -> None:
    stack = start_stack(users=0, speed=CALM, settings=KEPT, specification=None)
    office = Office(stack, stack.portal(), "month").open(SETTINGS)
    company = Company(office)
    for user in company.staff:
        assert office.settled(user)["status"] == "provisioned"
    counts: dict[date, Counts] = {}
    for _ in range(DAYS):
        today = stack.clock.now().date()
        if counts:  # the first day is that of the builds
            office.pass_time_to(datetime.combine(today, OFFICE_OPENS, UTC))
            company.morning(today)
            office.pass_time_to(datetime.combine(today, CHANGES_AT, UTC))
            company.evening(today)
        office.pass_time_to(datetime.combine(today + timedelta(days=1), DAY_BEGINS, UTC))
        with stack.at_speed(0.0):
            counts[today] = counted(stack)
        company.is_whole()
    print(*told(list(counts.values())), sep="\n")  # noqa: T201 - shown where something is not flat

    assert more_than_before(list(counts.values())) == []
    assert grown_without_events(counts) == []
    assert list(counts.values())[-1]["folders of exports"] == KEPT_IN_DAYS + 1  # that of today too
    week = {name: growth(list(counts.values())[-WEEK - 1 :], name) for name in GROWS}
    assert week["table due"] <= SNAPSHOTS_A_WEEK
    assert week["table computernames"] == HIRED_A_WEEK + REBUILT_A_WEEK
    assert week["table timeline"] <= (HIRED_A_WEEK + REBUILT_A_WEEK + GONE_A_WEEK) * len(Step)


def growth(counts: Sequence[Counts], name: str) -> float:
    return counts[-1].get(name, 0) - counts[0].get(name, 0)


def more_than_before(counts: Sequence[Counts]) -> list[str]:
    """Compare the last week with the second one: the most of what is flat, the growth of what may grow."""
    found = []
    for name in sorted(counts[-1]):
        if name in GROWS:
            before, after = growth(counts[WEEK - 1 : 2 * WEEK], name), growth(counts[-WEEK - 1 :], name)
        else:
            weeks = counts[WEEK : 2 * WEEK], counts[-WEEK:]
            before, after = (max(each.get(name, 0) for each in week) for week in weeks)
        few = FEW_OF_PROCESS if name in OF_PROCESS else FEW
        if after > max(before * LEEWAY, before + few):
            found.append(f"{name}: {before:g}, then {after:g}")
    return found


def grown_without_events(counts: dict[date, Counts]) -> list[str]:
    """Return the names of the counts that have grown on a Sunday, when nothing happens."""
    sundays = [day for day in counts if day.weekday() == SUNDAY and day - timedelta(days=1) in counts]
    return [
        f"{name} on {day}"
        for day in sundays
        for name in ONLY_BY_EVENTS
        if growth([counts[day - timedelta(days=1)], counts[day]], name) > 0
    ]


def told(counts: Sequence[Counts]) -> list[str]:
    """Tell each count as it was at the ends of the weeks."""
    ends = [*counts[WEEK - 1 :: WEEK], counts[-1]]
    return [f"{name}: {', '.join(f'{each.get(name, 0):g}' for each in ends)}" for name in sorted(counts[-1])]
