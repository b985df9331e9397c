"""The host is killed with -9 while session hosts are built, in a storm and in a release: nobody notices.

No session is lost, no host is there twice, nothing is left behind. ``make test`` has kills in a build and a storm
(``test_spot_engine.py``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import CALM, CLOSELY, Office
from tests.e2e.test_crashes import LOOK_EVERY_SECONDS, log_lines
from tests.e2e.test_image_sets import new_set
from tests.e2e.test_orphans import scan
from tests.e2e.test_session_hosts import left, remove
from tests.e2e.test_spot_engine import day, hosts, lost, outcomes, ready, sign_in, sign_ins
from tests.e2e.test_spot_groups import group_form, may_reach, wizard

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2_400)]

Json = dict[str, Any]
USERS, HOSTS = 12, 2
LONG_NOTICE = 45
"""Minutes: a release of two hosts is over in a quarter of an hour otherwise, which is too short for so many kills."""


@dataclass
class Killing:
    """A stack whose host is killed at random moments, and the Spot Group that it works on."""

    stack: Stack
    office: Office
    chance: random.Random
    group_id: str
    names: list[str]
    sets: tuple[str, str]

    def kill(self) -> None:
        """Kill the host as soon as it has said some more, whatever it does then, and start it again."""
        until, deadline = log_lines(self.stack) + self.chance.randrange(1, 40), time.monotonic() + 5
        while log_lines(self.stack) < until and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS / 4)
        self.stack.host.kill()
        self.stack.start_host()

    def kills(self, count: int, minutes: int, *, until: Callable[[], bool] = lambda: False) -> int:
        """Kill it so often, with up to so many minutes between; return how often before it was over."""
        with self.stack.at_speed(CALM):  # what the host says until it is killed is not an hour's work
            for done in range(count):
                if until():
                    return done
                self.kill()
                self.office.pass_time(timedelta(seconds=self.chance.randrange(20, 60 * minutes)))
        return count

    def built(self) -> None:
        ready(self.office, self.group_id, HOSTS)
        self.office.until(lambda: len(may_reach(self.office, self.group_id)) == USERS, says="all may sign in")

    def nothing_is_doubled(self) -> None:
        """See that there is one machine for each host, and that the simulated cloud finds nothing wrong."""
        wanted = {f"host-{each['id']}" for each in hosts(self.office, self.group_id)}
        assert sorted(each["body"]["name"] for each in self.office.machines()) == sorted(wanted)
        assert lost(self.office, self.group_id) == []
        assert self.office.invariants() == []
        assert scan(self.office)["value"] == []

    def ends_clean(self) -> None:
        """Delete the group; neither the simulated cloud nor the scan for orphans finds anything that was its."""
        remove(self.office, self.group_id)
        assert left(self.office) == []
        assert self.office.invariants() == []
        assert scan(self.office)["value"] == []


def begun(start_stack: StartStack, seed: int) -> Killing:
    """Make a group of two hosts, whose build begins."""
    stack = start_stack(users=0, seed=seed)
    office = Office(stack, stack.portal(), f"kills{seed}").open()
    office.connection()
    names = [office.user(number) for number in range(USERS)]
    sets = new_set(office, "Before")["id"], new_set(office, "After")["id"]
    form = group_form(office, sets[0], office.group("Staff", *names), quantity=USERS, capacity={"minimumOnline": 1})
    group_id = wizard(office, "create-spot-group", form).body["id"]
    return Killing(stack, office, random.Random(seed), group_id, names, sets)


def play_build(kill: Killing, kills: int) -> None:
    assert kill.kills(kills, 3) == kills
    kill.built()
    kill.nothing_is_doubled()


def play_storm(kill: Killing, kills: int) -> None:
    office, group_id = kill.office, kill.group_id
    day(office, group_id, kill.names, {"from": 60, "until": 1_200, "stay": [1_500, 1_800]})
    assert kill.kills(kills, max(1, 30 // kills)) == kills
    office.until(lambda: len(sign_ins(office, group_id)) == USERS, says="all have signed in", look=CLOSELY)
    office.until(lambda: "deallocated" in office.powers(), says="a host has stopped in the evening")
    assert outcomes(office, group_id) == {"signedIn"}
    kill.nothing_is_doubled()


def play_release(kill: Killing, kills: int) -> None:
    office, group_id = kill.office, kill.group_id
    for name in kill.names[:3]:
        sign_in(office, group_id, name)
    image = {"imageSetId": kill.sets[1], "imageVersion": "0.0.0"}
    method = {"method": "immediate", "signOffAfterInMinutes": LONG_NOTICE}
    form = {"group": {"spotGroupId": group_id}, "image": image, "method": method}
    release = wizard(office, "update-spot-group", form)
    assert kill.kills(2 * kills, max(3, 30 // kills), until=lambda: office.portal.is_over(release)) >= kills
    assert office.finish(release)["result"]["outcome"] == "succeeded"

    def moved() -> bool:
        return [each["imageSetId"] for each in hosts(office, group_id)] == [kill.sets[1]] * HOSTS

    office.until(moved, says="all hosts are new")
    told = office.stack.ask_cloud(f"state?view=broker&pool=*spot-{group_id}")["messages"]
    assert {each["user"] for each in told} == set(kill.names[:3])
    kill.nothing_is_doubled()
    sign_in(office, group_id, kill.names[0])
    assert sign_ins(office, group_id)[-1]["outcome"] == "signedIn"


def test_a_few_kills_in_build_storm_and_release_cost_nobody_anything(start_stack: StartStack) -> None:
    kill = begun(start_stack, 11)
    play_build(kill, 3)
    play_storm(kill, 3)
    play_release(kill, 3)


@pytest.mark.parametrize("seed", [12, 13])
def test_ten_kills_in_each_of_build_storm_and_release_cost_nobody_anything(start_stack: StartStack, seed: int) -> None:
    kill = begun(start_stack, seed)
    play_build(kill, 10)
    play_storm(kill, 10)
    play_release(kill, 10)
    kill.ends_clean()
