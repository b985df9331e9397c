"""Scripted days of the broker: who comes when, again after a failure, and the same with the same seed."""

from pathlib import Path
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.desks import DESKS, POOLED, SERVICE, STARTS, Office
from packages.azure_simulator.tests.in_process import GROUP, open_cloud
from packages.azure_simulator.tests.test_broker import LIMITS, placed


def storm(office: Office, **more: Any) -> Any:
    visits = [{"from": 900, "until": 2_700, "stay": [3_600, 7_200]}, {"from": 16_200, "until": 19_800, "stay": 600}]
    body = {"hostPool": "desks", "group": "staff", "visits": visits, "retry": {"after": 60, "times": 2}, **more}
    return office.app.sim("POST", "desktops/days", body)


def times(office: Office) -> list[tuple[str, str]]:
    return [(each["user"], each["at"]) for each in office.app.sim("GET", "desktops/signins")]


def test_a_scripted_day_brings_everybody_in_the_morning_and_again_later() -> None:
    office = Office(20, maxSessionLimit=10)
    office.host("host-1")
    office.host("host-2")
    assert storm(office) == {"users": 20, "visits": 40}
    office.pass_time(899)
    assert office.view["signIns"] == {}
    office.pass_time(1_802)
    assert office.view["signIns"] == {"signedIn": 20}
    office.pass_time(86_400)
    assert (office.view["signIns"], office.sessions()) == ({"signedIn": 40}, [])
    assert office.view["ended"] == {"signedOut": 40}
    assert office.app.sim("GET", "invariants")["clean"]


def test_users_of_a_day_try_again_after_a_failure() -> None:
    office = Office(2, maxSessionLimit=1)
    office.host("host-1")
    storm(office, users=office.users, visits=[{"until": 10, "stay": 90}])
    office.pass_time(3_600)
    assert office.view["signIns"]["signedIn"] == 2
    assert len(office.findings("signInsFailed")) == office.view["signIns"]["failed"] >= 1


def test_the_same_seed_gives_the_same_day_and_another_one_another() -> None:
    days = []
    for seed in (1, 1, 2):
        office = Office(5)
        office.host("host-1")
        storm(office, seed=seed)
        office.pass_time(86_400)
        days.append(times(office))
    assert days[0] == days[1] != days[2]


def test_who_comes_when_does_not_depend_on_the_name_of_the_pool() -> None:
    office = Office(20)
    names = [f"pool-{number}" for number in range(6)]
    for name in names:
        office.app.request("PUT", f"{DESKS}/hostPools/{name}", {"location": REGION, "properties": POOLED})
    visits = [{"until": 900, "stay": 60, "share": 0.5}]
    assert len({storm(office, hostPool=name, visits=visits)["visits"] for name in names}) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"hostPool": "nobody", "users": ["a"], "visits": [{"until": 1, "stay": 1}]},
        {"hostPool": "desks", "visits": [{"until": 1, "stay": 1}]},
        {"hostPool": "desks", "users": ["a"]},
        {"hostPool": "desks", "users": ["a"], "visits": [{"until": 1}]},
        {"hostPool": "desks", "users": ["a"], "visits": [{"from": 2, "until": 1, "stay": 1}]},
        {"hostPool": "desks", "users": ["a"], "visits": [{"until": 1, "stay": 1, "leave": "never"}]},
        {"hostPool": "desks", "users": ["a"], "visits": [{"until": 1, "stay": [1, 2, 3]}]},
        {"hostPool": "desks", "group": "nobody", "visits": [{"until": 1, "stay": 1}]},
        {"hostPool": "desks", "users": ["a"], "visits": [7]},
    ],
    ids=str,
)
def test_a_day_that_makes_no_sense_is_refused(body: Any) -> None:
    office = Office(1)
    with pytest.raises(AssertionError, match=r"BadRequest|NotFound"):
        office.app.sim("POST", "desktops/days", body)


def test_the_view_counts_what_happened() -> None:
    office = Office(2, maxSessionLimit=1)
    office.host("host-1")
    placed(office, office.users)
    view = office.view
    assert (view["signIns"], view["reasons"]) == ({"signedIn": 1, "failed": 1}, {"AllHostsFull": 1})
    assert (view["sessions"], view["hosts"], view["waitedSeconds"]["p95"]) == ({"Active": 1}, {"Available": 1}, 0)


def test_a_day_goes_on_after_a_restart_as_if_there_had_been_none(tmp_path: Path) -> None:
    ends = []
    for restarts in (False, True):
        journal = tmp_path / f"journal-{restarts}"
        office = Office(8, journal=journal, maxSessionLimit=3, startVMOnConnect=True)
        office.grant(GROUP, STARTS, SERVICE, "ServicePrincipal")
        for name in ("host-1", "host-2"):
            office.host(name)
        office.script("host-1", LIMITS)
        office.power("host-2", "deallocate")
        office.app.sim("PATCH", "config", {"profile": "real"})
        storm(
            office, visits=[{"until": 600, "stay": 900, "leave": "idle"}, {"from": 3_600, "until": 4_000, "stay": 60}]
        )
        office.pass_time(300)
        office.app.request(
            "POST", f"{office.sessions()[0]['id']}/sendMessage", {"messageTitle": "a", "messageBody": "b"}
        )
        if restarts:
            office.app.cloud.journal.close()
            office.app = open_cloud("instant", journal)
            office.app.clock.go(0)
        office.pass_time(86_400)
        ends.append((office.view, office.app.sim("GET", "desktops/signins"), office.app.sim("GET", "invariants")))
        office.app.cloud.journal.close()
    assert ends[0] == ends[1]
    assert ends[0][0]["signIns"]["signedIn"] > 0
