"""What a review says about addresses: enough of them for everybody who would get a Cloud PC?"""

from __future__ import annotations

from shared.domain.cloud_pc import CloudPc
from shared.domain.connection import Connection
from shared.domain.demand import address_forecast
from shared.domain.wizards.reviews import Caution, Concern


def address_cautions(connections: list[Connection], new: int, cloud_pcs: tuple[CloudPc, ...]) -> list[Caution]:
    """Return a caution when the connection that would be used has too few free addresses for *new* Cloud PCs more."""
    first = next((each for each in connections if each.usable), None)
    foreseen = address_forecast(first, cloud_pcs, more=new) if first else None
    if first is None or foreseen is None or not foreseen.short:
        return []
    message = (
        f"Connection {first.display_name} has {foreseen.free} free addresses for {foreseen.awaited} Cloud PCs that are "
        f"still to come: {foreseen.short} will wait for room."
    )
    return [
        Caution(
            concern=Concern.ADDRESSES_SHORT,
            step="connection",
            message=message,
            details={"connectionId": first.id, **foreseen.to_json()},
        )
    ]
