"""Repository of the months of image rings."""

from __future__ import annotations

from functools import cached_property

from shared.domain.operations.image_rings import RingMonth
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SHAPE = Shape(
    table="imagerings", noun="month of image rings", model=RingMonth, place=lambda month: (month.tenant_id, month.id)
)


class RingRecords:
    """The months of image rings."""

    tables: Tables

    @cached_property
    def image_rings(self) -> Repository[RingMonth]:
        """The latest month of the image rings of each policy, by its id."""
        return Repository(self.tables, _SHAPE)
