"""Put the services together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from azure_simulator import pages, scenarios
from azure_simulator.core import sim, webhooks
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from azure_simulator.core.keys import Keys
    from azure_simulator.core.times import Clock

SERVICES = (
    "arm",
    "authorization",
    "network",
    "compute",
    "entra",
    "entra.directories",
    "vault",
    "graph",
    "desktops",
)


def build(clock: Clock, keys: Keys, options: Options, journal: Path | None = None) -> Cloud:
    """Make a cloud with every service in it, and open it.

    Raises:
        ValueError: the journal or the seed data make no sense.
    """
    cloud = Cloud(clock, keys, options, Journal(journal) if journal else None)
    sim.install(cloud)
    webhooks.install(cloud)
    scenarios.install(cloud)
    pages.install(cloud)
    for service in SERVICES:
        import_module(f"azure_simulator.{service}").install(cloud)
    cloud.open()
    return cloud
