"""Cost of the idle service: requests to storage and log of an hour, CPU of a day.

The whole service runs, with one tenant whose one user has a Cloud PC. Azurite logs each request; those with which the
host itself asks its queue are left out, because they are Microsoft's on Azure. ``idle:7`` measures the CPU of seven
days.
"""

from __future__ import annotations

import json
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import Figure
from bench.hosting import cpu_seconds
from local.options import StackOptions
from local.stack import Stack
from tests.e2e.office import SMALL, Office

_BEGINS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_REQUESTS_A_MINUTE, _CPU_A_DAY, _LOG_A_MONTH = 30.0, 5.0, 50.0
"""The goals: requests of the app's own, seconds of CPU of app and host, megabytes of log."""
_REQUEST = re.compile(r'"(?:GET|PUT|POST|DELETE|MERGE|PATCH|HEAD) ')
_POLL = re.compile(r'"GET /devstoreaccount1/directory-changes/messages\?(?!peekonly)')
_HOURS_A_MONTH = 720
_SETTLED = timedelta(hours=4)


def main(days: str = "1") -> list[Figure]:
    """Measure an hour, and then some days."""
    options = StackOptions(begins=_BEGINS, users=1, speed=1_000.0, log_storage=True)
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder) / "stack", options) as stack:
        office = Office(stack, stack.portal(), "quiet").open()
        upn = office.user(1, SMALL)
        office.policy("Office", office.connection(), office.group("staff", upn))
        office.settled(upn)
        stack.clock.set_speed(0.0)
        office.let_pass(_SETTLED)
        host = int(json.loads((stack.folder / "host.db.running").read_text())["pid"])
        storage, log = (stack.folder / "logs" / f"{name}.log" for name in ("azurite", "host"))
        before = storage.stat().st_size, log.stat().st_size
        office.let_pass(timedelta(hours=1))
        asked = storage.read_text()[before[0] :].splitlines()
        said = log.read_text()[before[1] :].splitlines()
        seconds = cpu_seconds(host)
        office.let_pass(timedelta(days=int(days)))
        used = cpu_seconds(host) - seconds
    own = [line for line in asked if _REQUEST.search(line) and not _POLL.search(line)]
    told = sum(len(line) + 1 for line in said if "  app  " in line or "  timer  " in line)
    month = told * _HOURS_A_MONTH / 1e6
    return [
        Figure("requests of an idle service", float(len(own)), 60.0, "requests a minute", 1, _REQUESTS_A_MINUTE),
        Figure("log of an idle service", month, 1.0, "MB a month", 1, _LOG_A_MONTH),
        Figure("CPU of an idle day", used, float(days), "seconds a day of app and host", 1, _CPU_A_DAY),
    ]
