"""When the running order was given, and whether what it meets was made later.

An order may be delivered again minutes after it was carried out, when its successors have long run (docs/host.md).
``shared.workflow`` puts into every call the moment of the orchestrator that makes it, and here while it is carried out.
Each thing that is made has that moment of its own order as a tag. An order neither changes nor ends what was ordered
later than itself (decision 128).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from shared.domain.naming import ORDERED_TAG

ORDERED_AT: ContextVar[datetime | None] = ContextVar("ordered_at", default=None)
"""The moment of the running order; None: it was given by a release that did not say it, or by no orchestrator."""

CLOCKS_DIFFER = timedelta(seconds=5)
"""The greatest difference of two clocks of the service's instances."""


DELAY = timedelta(minutes=2)
"""The longest time that an order waits for its turn; one that is shown again is five minutes old (docs/host.md)."""


def moment(now: datetime) -> datetime:
    """Return when the running order was given; *now* stands for the moment of one that does not say it."""
    return ORDERED_AT.get() or now


def ordered_tag(now: datetime) -> dict[str, str]:
    """Return the tag of what the running order makes."""
    return {ORDERED_TAG: moment(now).isoformat()}


def ordered_of(tags: Mapping[str, str] | None) -> datetime | None:
    """Return when the order was given by which something was made, None: its tags do not say it."""
    with suppress(ValueError):
        moment = datetime.fromisoformat((tags or {}).get(ORDERED_TAG, ""))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def is_delayed(now: datetime) -> bool:
    """Whether the running order was given minutes ago: it may have been carried out already."""
    ordered = ORDERED_AT.get()
    return ordered is not None and now - ordered > DELAY


def is_overtaken(since: datetime | None, now: datetime) -> bool:
    """Whether the running order was given minutes ago, and since then what it is about has become what it is now.

    For moments of another clock than the order's, Azure's or a worker's: an order in time is not judged by seconds.
    """
    return is_delayed(now) and is_later(since)


def is_later(made: datetime | None) -> bool:
    """Whether something was made, or ordered, after the running order was given; False where that is not known."""
    ordered = ORDERED_AT.get()
    return ordered is not None and made is not None and made > ordered
