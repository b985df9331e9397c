"""A build of a Cloud PC, and an attempt of it: the first fields of every order and record of one."""

from __future__ import annotations

from typing import Any

from shared.domain.values import Value


class OfBuild(Value):
    """Base of orders and records of one build of one Cloud PC."""

    tenant_id: str
    cloud_pc_id: str
    generation: int


class OfAttempt(OfBuild):
    """Base of orders and records of one attempt of a build."""

    attempt: int

    @property
    def which(self) -> dict[str, Any]:
        """The attempt, for another order or record of it: ``StepRecord(**order.which, step=...)``."""
        return {name: getattr(self, name) for name in OfAttempt.model_fields}
