"""The same people get their Cloud PCs in the same minutes, however fast the time runs (docs/decisions/0010).

Many ask for a place in one rate limit's line at one moment: who comes first there is the machine's choice, unless the
host does one thing at a time.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from local.board import READY
from local.journey import GROUP, SITES, Journey, licences
from local.portal import Answer, Portal
from local.stack import Stack
from packages.functions_host.tests.conftest import until
from tests.e2e.conftest import StartStack

USERS = int(os.environ.get("DESKWRIGHT_SAME_STORY_USERS", "10"))
"""1,250 of them get 1,001 Cloud PCs, which takes a quarter of an hour on two cores."""

SPEEDS = (200.0, 1_000_000.0)
LONG_ENOUGH = timedelta(hours=4)
"""For the checks of a connection, and for an image."""
LOOK_AGAIN_S = USERS / 250
"""Reading all of a big fleet again and again would take the time from what builds it."""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.embedded_only("time is moved by hand, and runs at two speeds"),
]


def _by_hand(stack: Stack) -> Portal:
    """Give a caller who moves the time on whenever he waits: what comes before is at the same moments too."""
    portal = stack.portal()
    finish = portal.finish

    def finish_by_hand(begun: Answer, watch: Callable[[dict[str, Any]], None] = lambda _: None) -> dict[str, Any]:
        stack.clock.advance(LONG_ENOUGH)
        until(lambda: stack.clock.read().target_us == 0, 600)
        return finish(begun, watch)

    portal.finish = finish_by_hand  # type: ignore[method-assign]
    return portal


def _story(stack: Stack, speed: float) -> dict[str, Any]:
    """Let everybody get a Cloud PC at a speed; tell every timeline."""
    journey = Journey(_by_hand(stack), lambda _: None)
    journey.create_tenant()
    for site in SITES:
        journey.create_site(site)
    connection, image = journey.create_connection("amsterdam"), journey.create_device_image("amsterdam")
    journey.create_policy(connection, image, GROUP)
    stack.clock.set_speed(speed)
    expected = licences(USERS)
    until(lambda: sum(pc.status in READY for pc in journey.cloud_pcs()) == expected, 3 * 3600, LOOK_AGAIN_S)
    return {
        f"{pc.user} {pc.plan}": journey.portal.ask("GET", f"{journey.base}/cloudPCs/{pc.id}/timeline").body
        for pc in journey.cloud_pcs()
    }


def test_every_timeline_is_the_same_at_any_speed(start_stack: StartStack) -> None:
    stacks = [start_stack(users=USERS, speed=0.0, one_at_a_time=True) for _ in SPEEDS]
    with ThreadPoolExecutor(len(SPEEDS)) as side_by_side:
        slow, fast = side_by_side.map(_story, stacks, SPEEDS)
    assert len(slow) == licences(USERS)
    assert fast.keys() == slow.keys()
    differing = [name for name, timeline in slow.items() if fast[name] != timeline]
    assert not differing, f"{len(differing)}, among them {differing[0]}: {slow[differing[0]]} {fast[differing[0]]}"
