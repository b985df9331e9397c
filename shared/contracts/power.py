"""Power of Cloud PCs: the preparation of a stop."""

from __future__ import annotations

from shared.contracts.definitions import Activity, Effect
from shared.contracts.outcomes import Done, Refused
from shared.contracts.session_hosts import HostSessionsOrder

ALLOW_START_ON_CONNECT = Activity("allow_start_on_connect", HostSessionsOrder, Done, Refused, effect=Effect.CHANGES)
