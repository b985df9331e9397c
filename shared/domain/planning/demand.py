"""Number of addresses still needed: every licensed member has a record as soon as a policy targets them."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.networks.connection import Connection
from shared.domain.values import Value


def awaiting_addresses(cloud_pcs: Iterable[CloudPc], connection_id: str) -> int:
    """Return how many machines are to be built through a connection and have no interface yet."""
    return sum(
        build.snapshot is not None
        and build.snapshot.connection_id == connection_id
        and pc.goes_on(build)
        and build.resources.nic_id is None
        for pc in cloud_pcs
        for build in pc.builds
    )


class AddressForecast(Value):
    """Free addresses against machines to be built. *short*: how many will have none."""

    free: int
    awaited: int
    short: int


def address_forecast(connection: Connection, cloud_pcs: Iterable[CloudPc], *, more: int = 0) -> AddressForecast | None:
    """Return the forecast of a connection with *more* Cloud PCs than are planned; None: its addresses are not known."""
    free = connection.free_addresses
    if free is None:
        return None
    awaited = awaiting_addresses(cloud_pcs, connection.id) + more
    return AddressForecast(free=free, awaited=awaited, short=max(0, awaited - free))
