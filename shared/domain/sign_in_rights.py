"""Time at which sign-in roles take effect: some minutes after they were given."""

from __future__ import annotations

from datetime import datetime, timedelta

TAKE_EFFECT_WITHIN = timedelta(minutes=10)
"""Azure's word for it (learn.microsoft.com/azure/role-based-access-control/troubleshooting). No request tells whether
an assignment of somebody else counts yet (docs/decisions/0089)."""


def count_from(given_at: datetime) -> datetime:
    """Return from when roles count that were given at *given_at*."""
    return given_at + TAKE_EFFECT_WITHIN
