"""Deskwright's clients and activities at the simulated cloud; none of them can be held against a real subscription.

What both share, a cloud in the test's own event loop, belongs to the cloud's own contract tests:
`packages/azure_simulator/tests/contract/running.py`.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.answers import answers_fit
from tests.contract.worker import Worker, working
from tests.effects import effects_hold

__all__ = ["answers_fit", "effects_hold"]
REAL = os.environ.get("DESKWRIGHT_CONTRACT_SUBSCRIPTION", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests in a run for a real subscription."""
    if not REAL:
        return
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.skip(reason="needs the simulated cloud; this run is for a real subscription"))


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    """A worker at a cloud without latencies."""
    async with working(certificates, monkeypatch, profile="instant") as found:
        yield found
