"""Contract that a registered function implements.

Importing a module registers nothing anywhere but in its own blueprint: who wants an implementation, as tests do, asks
the functions that the app has registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.contracts.definitions import Contract

_ATTRIBUTE = "implementation"


@dataclass(frozen=True, slots=True)
class Implementation:
    """A contract and the function that implements it, as it was written: values in, values out, refusals as values.

    *fence*: what keeps its old orders from what was made since; None: it makes, changes and ends nothing.
    """

    contract: Contract[Any, Any]
    function: Callable[..., Any]
    fence: Callable[..., Any] | None = None


def registrable(entry: Callable[..., Any], written: Callable[..., Any], of: Implementation) -> None:
    """Give *entry* the name and the docstring of the function as it was written, and remember what it implements.

    Not functools.wraps: the Functions worker reads the signature of the function it finds.

    Raises: ValueError when the function is not named after its contract.
    """
    name = of.contract.name
    if written.__name__ != name:
        message = f"{written.__name__} implements {name}: the names must agree"
        raise ValueError(message)
    entry.__name__ = entry.__qualname__ = name
    entry.__doc__ = written.__doc__
    entry.__module__ = written.__module__
    entry.__dict__[_ATTRIBUTE] = of


def implementation_of(function: Callable[..., Any]) -> Implementation | None:
    """Return the contract that a registered function implements, None for a trigger of another kind."""
    entry = getattr(function, "orchestrator_function", function)  # the Durable SDK wraps orchestrators
    found: Implementation | None = getattr(entry, _ATTRIBUTE, None)
    return found
