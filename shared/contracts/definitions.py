"""What a promise looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from shared.domain.values import Value

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")


class Reader(Generic[Out]):
    """Reads an outcome from JSON and writes it; built when it is first used, because a cold start uses few of them."""

    def __init__(self, outcome: Any) -> None:  # noqa: ANN401 - a union is not a type
        self._outcome = outcome

    @cached_property
    def _adapter(self) -> TypeAdapter[Out]:
        return TypeAdapter(self._outcome)

    def read(self, raw: Any) -> Out:  # noqa: ANN401 - JSON is anything
        """Return the outcome that *raw* is. Raises: ValidationError."""
        return self._adapter.validate_python(raw)

    def write(self, outcome: Out) -> Any:  # noqa: ANN401 - as above
        """Return *outcome* as plain JSON: camelCase names, absent values left out."""
        return self._adapter.dump_python(outcome, mode="json", by_alias=True, exclude_none=True)


_DOUBLINGS = 30  # more would leave what a timedelta can hold


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a call that failed (not: was refused) is made again, with doubling pauses."""

    attempts: int = 8
    first: timedelta = timedelta(seconds=5)
    most: timedelta = timedelta(minutes=5)

    def pause(self, failures: int) -> timedelta:
        """Return the pause after that many *failures*."""
        doubled: timedelta = self.first * 2 ** min(failures - 1, _DOUBLINGS)
        return min(self.most, doubled)


PATIENT = Retry(attempts=300)
"""For our own records: about a day, because without them nobody knows what became of the work."""


@dataclass(frozen=True, slots=True)
class Activity(Generic[In, Out]):
    """A promise that some activity turns an *In* into an *Out*."""

    name: str
    accepts: type[In]
    returns: Reader[Out]
    retry: Retry = field(default_factory=Retry)


@dataclass(frozen=True, slots=True)
class Workflow(Generic[In, Out]):
    """A promise that some orchestrator turns an *In* into an *Out*."""

    name: str
    accepts: type[In]
    returns: Reader[Out]


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How to wait for something: the first poll, the interval between polls, and when to give up."""

    first: timedelta
    interval: timedelta
    timeout: timedelta


def returns(outcome: Any) -> Reader[Any]:  # noqa: ANN401 - a union is not a type
    """Return the reader of an outcome or of a union of outcomes."""
    return Reader(outcome)
