"""The shape of a scene: a request that changes something, and the records before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from shared.domain.values import Value


class Trace(Enum):
    """Properties of its resource in an audit event."""

    MADE = (False, True)
    GONE = (True, False)
    CHANGED = (True, True)
    ASKED = (False, False)


@dataclass(frozen=True)
class Scene:
    """*given*: records that are there besides the usual, by repository; *at*: parts of the address.

    *roles*: of the caller, where the provider's is the wrong one.
    """

    trace: Trace
    body: Mapping[str, Any] | None = None
    given: tuple[tuple[str, Value], ...] = ()
    at: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
