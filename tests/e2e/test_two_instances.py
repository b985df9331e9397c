"""Two instances behind one address: what one writes the other shows, one of many orders is taken, timers run once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from local.instances import Instances, two_instances
from local.stack import Stack
from tests.e2e.callers import send
from tests.e2e.conftest import HOST
from tests.e2e.office import CALM, SMALL, Office

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(HOST != "embedded", reason="two of Core Tools' hosts share a hub by themselves"),
]
OK, NO_CONTENT, UNAUTHORIZED, CONFLICT, MISMATCH, SLOWED_DOWN = 200, 204, 401, 409, 412, 429
_TICK = re.compile(r"  timer +sweep +ok")


@pytest.fixture
def pair(start_stack: Callable[..., Stack]) -> Iterator[tuple[Stack, Instances]]:
    """A stack of its own with two instances."""
    stack = start_stack(speed=CALM)
    with ExitStack() as until:
        yield stack, until.enter_context(two_instances(stack))


def test_what_one_instance_has_written_no_other_shows_as_it_was(pair: tuple[Stack, Instances]) -> None:
    stack, at = pair
    office = Office(stack, stack.portal(), "twin").open()
    place = {"region": "westeurope", "resourceGroup": "pcs-twin"}
    path, held = f"/api{office.base}/sites/main", ""
    for number in range(30):
        writes, reads = (at.first, at.second) if number % 2 else (at.second, at.first)
        name = {"displayName": f"Site {number}", **place}
        assert office.portal.send("PUT", writes + path, name).status == OK
        shown = office.portal.send("GET", reads + path, headers={"If-None-Match": held} if held else {})
        assert (shown.status, shown.body["displayName"]) == (OK, f"Site {number}")
        late = office.portal.send("PUT", writes + path, name, {"If-Match": held}) if held else None
        assert late is None or late.status == MISMATCH
        held = shown.headers["etag"]
    through = {office.portal.send("GET", at.both + path).headers["etag"] for _ in range(6)}
    assert through == {held}


def test_of_many_orders_at_once_to_both_one_is_taken(pair: tuple[Stack, Instances]) -> None:
    stack, at = pair
    stack.clock.set_speed(1_000.0)
    office = Office(stack, stack.portal(), "rush").open()
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user))
    pc = office.settled(user)
    assert pc["status"] == "provisioned"
    path = f"/api{office.graph}/cloudPCs/{pc['id']}/reprovision"
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(office.portal.send, "POST", at.both + path, {}) for _ in range(8)]
        answers = [each.result() for each in asked]
    assert Counter(answer.status for answer in answers) == {NO_CONTENT: 1, CONFLICT: 7}
    office.finish(next(answer for answer in answers if answer.status == NO_CONTENT))
    assert (office.reaches(user, "provisioned")["id"], len(office.machines())) == (pc["id"], 1)
    assert office.invariants() == []


def test_a_timer_runs_once_for_each_tick(start_stack: Callable[..., Stack]) -> None:
    stack = start_stack(begins=datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC), speed=0.0)
    with two_instances(stack):
        stack.clock.advance(timedelta(minutes=10))
        stack.host.wait_until(lambda: stack.clock.read().target_us == 0, 120.0)
        ran = {log: len(_TICK.findall((stack.folder / "logs" / log).read_text())) for log in ("host.log", "second.log")}
    assert ran == {"host.log": 10, "second.log": 0}


def test_failed_sign_ins_are_counted_by_each_instance_for_itself(pair: tuple[Stack, Instances]) -> None:
    """The one rate limit of requests that is an instance's own; whoever is slowed down there may ask the other."""
    stack, at = pair
    header = {"X-Forwarded-For": "203.0.113.7"}
    said = [send(stack, "GET", "tenants", "no token at all", headers=header)[0] for _ in range(61)]
    assert (set(said[:60]), said[60]) == ({UNAUTHORIZED}, SLOWED_DOWN)
    portal = stack.portal()
    bad = {"Authorization": "Bearer no token at all", **header}
    assert portal.send("GET", f"{at.second}/api/tenants", headers=bad).status == UNAUTHORIZED
    assert portal.send("GET", f"{at.first}/api/tenants", headers=header).status == OK
