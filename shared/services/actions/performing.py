"""Declaration of an action on a Cloud PC: its form, its conditions, and the use case that performs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Operation
from shared.domain.values import Value
from shared.services.operations.action_context import ActionContext
from shared.workflow import DurableClient

F = TypeVar("F", bound=Value)
Result: TypeAlias = Operation | CloudPc
"""Result of an action: its operation, or the Cloud PC where it is done at once."""
Perform = Callable[[ActionContext, DurableClient, str, F], Awaitable[Result]]
"""Performs an action on the Cloud PC of an id."""
Refusal = Callable[[CloudPc], str | None]
"""Returns why an action is not possible on a Cloud PC by the records, None when it is."""
Judge = Callable[[ActionContext, F, Sequence[CloudPc]], Awaitable[Refusal]]
"""Returns the refusal for the form of an action; it may read records, and is given all Cloud PCs."""
Guard = Callable[[ActionContext, DurableClient, CloudPc], Awaitable[object]]
"""Raises ConflictError when something outside the records prevents an action."""


@dataclass(frozen=True, slots=True)
class InBulk(Generic[F]):
    """The bulk variant of an action. *judge*: returns in advance the reason for which *perform* would refuse."""

    form: type[F]
    judge: Judge[F]
    perform: Perform[F]


@dataclass(frozen=True, slots=True)
class Performer(Generic[F]):
    """Form, conditions and use case of one action.

    *refuses*: why it is not possible by the record. *guards*: asked of everything outside the record. *sample*: a form
    for a Cloud PC, with which is asked whether the action is possible at all. *choices*: what a form may name. *looks*:
    returns why the action is not possible, and what a form may name, where that takes other records.
    *in_bulk*, *own_form*: where a bulk action, or a user on their own Cloud PC, has another form.
    """

    form: type[F]
    perform: Perform[F]
    sample: Callable[[CloudPc], F]
    refuses: Callable[[CloudPc, F], str | None]
    guards: tuple[Guard, ...] = ()
    choices: Callable[[CloudPc], tuple[str, ...]] | None = None
    looks: Callable[[ActionContext, CloudPc], Awaitable[tuple[str | None, tuple[str, ...]]]] | None = None
    in_bulk: InBulk[Any] | None = None
    own_form: type[F] | None = None

    @property
    def bulk(self) -> InBulk[Any]:
        """The action as a bulk action does it."""
        return self.in_bulk or InBulk(self.form, by_record(self.refuses), self.perform)


def by_record(refuses: Callable[[CloudPc, F], str | None]) -> Judge[F]:
    """Return the judge of an action for which the record of the Cloud PC itself is enough."""

    async def judge(context: ActionContext, form: F, fleet: Sequence[CloudPc]) -> Refusal:
        del context, fleet
        return lambda pc: refuses(pc, form)

    return judge
