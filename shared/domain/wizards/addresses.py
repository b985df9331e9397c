"""Whether a connection has enough free addresses for everybody who would get a Cloud PC."""

from __future__ import annotations

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.networks.connection import Connection
from shared.domain.planning.demand import address_forecast
from shared.domain.wizards.reviews import ReviewWarning, WarningCode


def address_warnings(connections: list[Connection], new: int, cloud_pcs: tuple[CloudPc, ...]) -> list[ReviewWarning]:
    """Return a warning when the connection that would be used has too few free addresses for *new* Cloud PCs more."""
    first = next((each for each in connections if each.usable), None)
    forecast = address_forecast(first, cloud_pcs, more=new) if first else None
    if first is None or forecast is None or not forecast.short:
        return []
    message = (
        f"Connection {first.display_name} has {forecast.free} free addresses for {forecast.awaited} Cloud PCs that are "
        f"still to come: {forecast.short} will wait for room."
    )
    return [
        ReviewWarning(
            concern=WarningCode.ADDRESSES_SHORT,
            step="connection",
            message=message,
            details={"connectionId": first.id, **forecast.to_json()},
        )
    ]
