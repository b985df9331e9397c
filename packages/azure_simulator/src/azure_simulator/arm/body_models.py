"""Choice of the model for the body of a request: one of an installed SDK, or one written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.arm.sdk_models import Member, Shape, library

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = Shape("string")
TAGS = Shape("map", items=TEXT)


@dataclass(frozen=True, slots=True)
class BodyModels:
    """The models of a resource type, all of one `package` such as `azure.mgmt.compute`.

    `put` also describes how the resource is shown, unless `shown` does; `actions` are those of POSTs by verb.
    `written` is a shape of our own, for types that no installed SDK knows.
    """

    package: str = ""
    put: str = ""
    patch: str = ""
    shown: str = ""
    actions: Mapping[str, str] = field(default_factory=dict)
    written: Shape | None = None

    def request(self, method: str, action: str = "") -> Shape | None:
        """Return the shape of a request's body; `None` where nothing is known of it, or nothing is sent."""
        if method == "POST":
            return self._shape(self.actions.get(action, ""))
        if self.written is not None and method in {"PUT", "PATCH"}:
            return self.written
        return self._shape({"PUT": self.put, "PATCH": self.patch}.get(method, ""))

    def answer(self) -> Shape | None:
        """Return the shape of a resource in answers, or `None` for an unknown type."""
        return self.written or self._shape(self.shown or self.put)

    def _shape(self, model: str) -> Shape | None:
        return library(self.package).shape(model) if model else None


def written(name: str, /, **members: Shape) -> Shape:
    """Declare a shape that no installed SDK has; the ids of every resource are added."""
    known = {key.lower(): Member(key, shape) for key, shape in members.items()}
    known |= {key: Member(key, TEXT, read_only=True) for key in ("id", "name", "type")}
    return Shape("object", name, fixed=known)
