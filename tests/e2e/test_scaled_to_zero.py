"""Each timer function is scaled to zero, and an instance comes up some time after its tick: nothing is left undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from local.stack import Stack
from tests.e2e.conftest import HOST

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(HOST != "embedded", reason="Core Tools' host listens for every timer all the time"),
]
HALF_PAST_MIDNIGHT = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
_RAN = re.compile(r"  timer +(\w+) +ok .*past due")
_TIMERS = {"sweep", "settle_and_measure", "purge_history", "export_the_tables", "delete_what_is_old"}


def test_every_timer_makes_up_for_the_tick_for_which_it_was_woken(start_stack: Callable[..., Stack]) -> None:
    stack = start_stack(begins=HALF_PAST_MIDNIGHT, speed=0.0, wakes_after=20)
    log = stack.folder / "logs" / "host.log"
    stack.clock.advance(timedelta(hours=6, minutes=1))
    stack.host.wait_until(lambda: stack.clock.read().target_us == 0, 300.0)

    text = log.read_text()
    ran = _RAN.findall(text)
    assert set(ran) == _TIMERS
    assert {name: ran.count(name) for name in ("sweep", "export_the_tables", "purge_history")} == {
        "sweep": 6 * 60,
        "export_the_tables": 6 * 3,
        "purge_history": 6,
    }
    assert "that run is lost" not in text
    assert "Request URL" not in text  # the Azure SDK says it of each request, and the host does not keep it from that
