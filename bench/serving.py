"""The whole service with the portal of ``make run`` and a tenant, to be measured from a browser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from local.options import StackOptions
from local.people import offered
from local.stack import Stack
from tests.e2e.office import SMALL, Office

BUNDLE = Path(__file__).resolve().parents[1] / "portal" / "dist-local"
_MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_BUILDING, _CALM = 1_000.0, 1.0
"""Simulated seconds in a real one: while Cloud PCs are built, and while something is measured."""


@contextmanager
def served(users: int = 1) -> Iterator[tuple[Office, str]]:
    """Start everything. Yields: a tenant in which *users* have a Cloud PC, and the page on which people are chosen."""
    with tempfile.TemporaryDirectory() as folder, Stack(Path(folder), StackOptions(begins=_MORNING)) as stack:
        office = Office(stack, stack.portal(), "bench").open()
        with stack.at_speed(_BUILDING):
            members = [office.user(number, SMALL) for number in range(1, users + 1)]
            connection = office.connection()
            office.policy("Everybody", connection, office.group("staff", *members))
            for member in members:
                office.settled(member)
        with stack.at_speed(_CALM), offered(stack) as people:
            yield office, people
