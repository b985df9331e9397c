"""What an operator reads: one line for each thing done, with ids and durations, never with contents."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from timeit import default_timer
from typing import Any

_log = logging.getLogger("deskwright")
_IDS = ("tenant_id", "cloud_pc_id", "image_id", "connection_id", "generation", "attempt")


@contextmanager
def observed(name: str, order: Any = None) -> Iterator[None]:  # noqa: ANN401 - any order has ids or none
    """Log how long *name* took and how it ended, with the ids found in *order*."""
    subject = getattr(order, "machine", None) or order
    ids = " ".join(f"{key}={value}" for key in _IDS if (value := getattr(subject, key, None)) is not None)
    began = default_timer()
    try:
        yield
    except Exception as error:
        _log.warning("%s %s failed after %.0f ms: %s", name, ids, _since(began), type(error).__name__)
        raise
    _log.info("%s %s done in %.0f ms", name, ids, _since(began))


def _since(began: float) -> float:
    return (default_timer() - began) * 1000
