"""Contracts: the wire name, the order and the outcomes of every activity and orchestrator.

A contract states its types once, as arguments: ``Activity("create_nic", NicOrder, NicReady, NoCapacity | Refused)``.
mypy derives from them what a call gives, and the reader of the outcome is built from the same types.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar

from pydantic import TypeAdapter

from shared.contracts.outcomes import Pending
from shared.domain.values import Value

if TYPE_CHECKING:
    from typing_extensions import TypeForm

In_contra = TypeVar("In_contra", bound=Value, contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)
Ok_co = TypeVar("Ok_co", covariant=True)
Refusal_co = TypeVar("Refusal_co", covariant=True)

Json = dict[str, object]
"""A JSON object."""


class Reader(Generic[Out_co]):
    """Reads an outcome from JSON and writes it; built when it is first used, because a cold start uses few of them."""

    def __init__(self, *outcomes: Any) -> None:  # noqa: ANN401 - a union is not a type
        self.outcomes = outcomes

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        possible = [outcome for outcome in self.outcomes if outcome is not Never]
        return TypeAdapter(reduce(or_, possible))

    def read(self, raw: object) -> Out_co:
        """Return the outcome that *raw* is. Raises: ValidationError."""
        outcome: Out_co = self._adapter.validate_python(raw)
        return outcome

    def write(self, outcome: object) -> Any:  # noqa: ANN401 - JSON is anything
        """Return *outcome* as plain JSON: camelCase names, absent values left out."""
        return self._adapter.dump_python(outcome, mode="json", by_alias=True, exclude_none=True)


_DOUBLINGS = 30  # more would leave what a timedelta can hold


@dataclass(frozen=True, slots=True)
class Retry:
    """Retries of a call that failed (not: was refused), with doubling pauses."""

    attempts: int = 8
    first: timedelta = timedelta(seconds=5)
    most: timedelta = timedelta(minutes=5)

    def pause(self, failures: int) -> timedelta:
        """Return the pause after that many *failures*."""
        doubled: timedelta = self.first * 2 ** min(failures - 1, _DOUBLINGS)
        return min(self.most, doubled)


RETRY_FOR_A_DAY = Retry(attempts=300)
"""For our own records: about a day, because without them nobody knows how the work ended."""


_RETRY = Retry()


class Effect(StrEnum):
    """The effect of an activity. An order may be delivered again when its successors have run (decision 128)."""

    READS = "reads"
    TELLS = "tells"  # shows people a message: once more where it is delivered again
    RECORDS = "records"  # in our own tables, where generations, runs and operations are compared
    KEEPS = "keeps"  # makes what all of a tenant or a group share, alike for each caller; ends nothing
    MAKES = "makes"
    CHANGES = "changes"
    ENDS = "ends"  # deletes, stops, closes, revokes, signs off

    @property
    def is_fenced(self) -> bool:
        """Whether its implementation has to name the fence that keeps an old order from newer resources."""
        return self in {Effect.MAKES, Effect.CHANGES, Effect.ENDS}


class Contract(Generic[In_contra, Out_co]):
    """A function of the app that turns an *In* into an *Out*; the base of activities, polls and workflows."""

    effect: Effect = Effect.RECORDS  # of a workflow: what it orders has effects of its own

    def __init__(self, name: str, accepts: type[In_contra], *outcomes: Any) -> None:  # noqa: ANN401 - as above
        self.name, self.accepts = name, accepts
        self.returns = Reader[Out_co](*outcomes)


class Activity(Contract[In_contra, Ok_co | Refusal_co], Generic[In_contra, Ok_co, Refusal_co]):
    """An activity that returns an *Ok*, or a *Refusal*, which every caller has to handle; ``Never``: it never refuses.

    What fails is an exception, and is called again as *retry* says.
    """

    def __init__(
        self,
        name: str,
        accepts: type[In_contra],
        ok: TypeForm[Ok_co],
        refusal: TypeForm[Refusal_co],
        retry: Retry = _RETRY,
        *,
        effect: Effect,
    ) -> None:
        super().__init__(name, accepts, ok, refusal)
        self.retry, self.effect = retry, effect


class Poll(Contract[In_contra, Ok_co | Refusal_co | Pending], Generic[In_contra, Ok_co, Refusal_co]):
    """An activity that may also return ``Pending``: it is called again until it does not (``wait_for``)."""

    def __init__(
        self,
        name: str,
        accepts: type[In_contra],
        ok: TypeForm[Ok_co],
        refusal: TypeForm[Refusal_co],
        retry: Retry = _RETRY,
        *,
        effect: Effect,
    ) -> None:
        super().__init__(name, accepts, ok, refusal, Pending)
        self.retry, self.effect = retry, effect


class Workflow(Contract[In_contra, Out_co], Generic[In_contra, Out_co]):
    """An orchestrator.

    *longest_wait*: the longest that one of its calls, waits or parts may take. An instance that has gone no further for
    longer never will, and a sweep ends it (shared/services/operations/sweeps.py).
    """

    def __init__(
        self,
        name: str,
        accepts: type[In_contra],
        outcome: TypeForm[Out_co],
        longest_wait: timedelta = timedelta(hours=2),
    ) -> None:
        super().__init__(name, accepts, outcome)
        self.longest_wait = longest_wait


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """Times of polls: the first poll, the interval between polls, and the time-out."""

    first: timedelta
    interval: timedelta
    timeout: timedelta
