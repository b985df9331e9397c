"""What a promise looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from shared.domain.values import Value

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a call that failed (not: was refused) is made again, with doubling pauses."""

    attempts: int = 8
    first: timedelta = timedelta(seconds=5)
    most: timedelta = timedelta(minutes=5)

    def pause(self, failures: int) -> timedelta:
        """Return the pause after that many *failures*."""
        doubled: timedelta = self.first * 2 ** (failures - 1)
        return min(self.most, doubled)


PATIENT = Retry(attempts=300)
"""For our own records: about a day, because without them nobody knows what became of the work."""


@dataclass(frozen=True, slots=True)
class Activity(Generic[In, Out]):
    """A promise that some activity turns an *In* into an *Out*."""

    name: str
    takes: type[In]
    gives: TypeAdapter[Out]
    retry: Retry = field(default_factory=Retry)


@dataclass(frozen=True, slots=True)
class Workflow(Generic[In, Out]):
    """A promise that some orchestrator turns an *In* into an *Out*."""

    name: str
    takes: type[In]
    gives: TypeAdapter[Out]


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait for something: the first look, the pause between looks, and when to give up."""

    first: timedelta
    every: timedelta
    limit: timedelta


def gives(outcome: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a union is not a type
    """Return the reader of an outcome or of a union of outcomes."""
    return TypeAdapter(outcome)
