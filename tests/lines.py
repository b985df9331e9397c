"""The table of lines, in memory."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.domain.line import Line

T = TypeVar("T")


@dataclass
class MemoryLines:
    """Keeps lines as JSON, as the table does; counts the changes."""

    rows: dict[str, str] = field(default_factory=dict)
    changes: int = 0

    async def change(self, bucket: str, change: Callable[[Line | None], tuple[Line, T]]) -> tuple[Line, T]:
        self.changes += 1
        await asyncio.sleep(0)  # as a table does, it lets others run meanwhile
        line, outcome = change(await self.read(bucket))
        self.rows[bucket] = json.dumps(line.written())
        return line, outcome

    async def read(self, bucket: str) -> Line | None:
        row: Any = self.rows.get(bucket)
        return None if row is None else Line.read(json.loads(row))
