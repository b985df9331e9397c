"""Which build of a Cloud PC, and which attempt of it: what every order and record of one begins with."""

from __future__ import annotations

from typing import Any

from shared.domain.values import Value


class OfBuild(Value):
    """Of one build of one Cloud PC."""

    tenant_id: str
    cloud_pc_id: str
    generation: int


class OfAttempt(OfBuild):
    """Of one attempt of a build."""

    attempt: int

    @property
    def which(self) -> dict[str, Any]:
        """The attempt, for another order or record of it: ``StepRecord(**order.which, step=...)``."""
        return {name: getattr(self, name) for name in OfAttempt.model_fields}
