"""Put the rooms together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from local.cloud import pages, scenarios
from local.cloud.core import sim, webhooks
from local.cloud.core.cloud import Cloud, Options
from local.cloud.core.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from local.cloud.core.times import Clock
    from local.cloud.entra.keys import Keys

ROOMS = ("arm", "entra", "entra.directories", "vault", "graph", "desktops")


def build(clock: Clock, keys: Keys, options: Options, journal: Path | None = None) -> Cloud:
    """Make a cloud with every room in it, and open it.

    Raises:
        ValueError: the journal or the seed data make no sense.
    """
    cloud = Cloud(clock, keys, options, Journal(journal) if journal else None)
    sim.install(cloud)
    webhooks.install(cloud)
    scenarios.install(cloud)
    pages.install(cloud)
    for room in ROOMS:
        import_module(f"local.cloud.{room}").install(cloud)
    cloud.open()
    return cloud
