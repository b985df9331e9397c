"""The power of a machine in Azure's words."""

from __future__ import annotations

from typing import Any

from shared.domain.power.state import ObservedPower

_POWERS = {
    "starting": ObservedPower.STARTING,
    "running": ObservedPower.RUNNING,
    "stopping": ObservedPower.STOPPING,
    "deallocating": ObservedPower.STOPPING,
    "stopped": ObservedPower.SHUT_DOWN,
    "deallocated": ObservedPower.DEALLOCATED,
}


def power_in(view: Any) -> ObservedPower:  # noqa: ANN401 - the SDK's instance view, or None
    """Return the power that an instance view shows; unknown where it shows none."""
    codes = [str(status.code or "").lower() for status in getattr(view, "statuses", None) or ()]
    if "hibernationstate/hibernated" in codes:
        return ObservedPower.HIBERNATED
    power = next((code.partition("/")[2] for code in codes if code.startswith("powerstate/")), "")
    return _POWERS.get(power, ObservedPower.UNKNOWN)
