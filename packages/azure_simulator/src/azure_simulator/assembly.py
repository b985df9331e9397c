"""Put the services together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import (
    arm,
    authorization,
    compute,
    deployments,
    desktops,
    entra,
    graph,
    identities,
    mail,
    monitoring,
    network,
    pages,
    prices,
    scenarios,
    sites,
    storage,
    vault,
)
from azure_simulator.core import control_plane, webhooks
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.journal import Journal
from azure_simulator.entra import directories

if TYPE_CHECKING:
    from pathlib import Path

    from azure_simulator.core.keys import Keys
    from azure_simulator.core.times import Clock

SERVICES = (
    arm,
    authorization,
    network,
    compute,
    entra,
    directories,
    vault,
    graph,
    desktops,
    identities,
    storage,
    sites,
    monitoring,
    deployments,
    prices,
    mail,
)
"""In the order of installation: a part's listeners and seeds run before the next part's."""


def build(clock: Clock, keys: Keys, options: Options, journal: Path | None = None) -> Cloud:
    """Make a cloud with every service in it, and open it.

    Raises:
        ValueError: the journal or the seed data make no sense.
    """
    cloud = Cloud(clock, keys, options, Journal(journal) if journal else None)
    control_plane.install(cloud)
    webhooks.install(cloud)
    scenarios.install(cloud)
    pages.install(cloud)
    for service in SERVICES:
        service.install(cloud)
    cloud.open()
    return cloud
