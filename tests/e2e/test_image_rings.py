"""A month of image rings over HTTP: the canary gets another machine, and after its days all others do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e.office import SELDOM, SMALL, Office

pytestmark = [pytest.mark.e2e, pytest.mark.long]
OpenOffice = Callable[..., Office]
Json = dict[str, Any]
DAY = timedelta(days=1)


def computers(office: Office, users: list[str]) -> dict[str, str]:
    return {user: str(office.cloud_pc_of(user)["managedDeviceName"]) for user in users}


def test_a_month_rebuilds_the_canary_first_and_the_others_after_its_days(open_office: OpenOffice) -> None:
    office = open_office({"deletedCloudPcsKeptInDays": 7, "cleanUpDelayInHours": 0})
    users = [office.user(number, SMALL) for number in (1, 2)]
    policy = office.policy("Desks", office.connection(), office.group("Everybody", *users))
    built = [office.settled(user) for user in users]
    before = computers(office, users)
    tomorrow = datetime.fromisoformat(built[-1]["provisionedDateTime"]) + DAY
    rings = {"enabled": True, "dayOfMonth": tomorrow.day, "canaryPercent": 1, "canaryDays": 1}
    path = f"{office.graph}/provisioningPolicies/{policy}"
    office.portal.ask("PATCH", path, {"@deskwright.imageRings": rings})
    report = f"{office.base}/provisioningPolicies/{policy}/imageRings"

    def month() -> Json:
        answer = office.portal.send("GET", report)
        return dict(answer.body) if answer.status == 200 else {}

    def reached(status: str) -> Json:
        found: Json = office.until(
            lambda: seen if (seen := month()).get("status") == status and seen["rings"] else None,
            says=f"the month is {status}",
            look=SELDOM,
        )
        return found

    office.until(lambda: month().get("status") == "ended", says="the rings are on", look=SELDOM)
    office.pass_time_to(tomorrow.replace(hour=0, minute=0, second=0, microsecond=0))
    observed = reached("observing")
    assert [each["counts"] for each in observed["rings"]] == [{"succeeded": 1}]
    rebuilt = {user for user, name in computers(office, users).items() if name != before[user]}
    assert len(rebuilt) == 1
    office.pass_time_to(datetime.fromisoformat(observed["observedUntil"]))
    ended = reached("ended")
    assert [each["ring"] for each in ended["rings"]] == ["canary", "stable"]
    assert ended["notUpdated"] == []
    after = computers(office, users)
    assert all(after[user] != before[user] for user in users)
    assert office.invariants() == []
