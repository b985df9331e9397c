"""The table of rate limiters, in memory."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.domain.rate_limiter import RateLimiter

T = TypeVar("T")


@dataclass
class MemoryRateLimiters:
    """Keeps rate limiters as JSON, as the table does; counts the changes."""

    rows: dict[str, str] = field(default_factory=dict)
    changes: int = 0

    async def change(
        self, bucket: str, change: Callable[[RateLimiter | None], tuple[RateLimiter, T]]
    ) -> tuple[RateLimiter, T]:
        self.changes += 1
        await asyncio.sleep(0)  # as a table does, it lets others run meanwhile
        limiter, outcome = change(await self.read(bucket))
        self.rows[bucket] = json.dumps(limiter.to_json())
        return limiter, outcome

    async def read(self, bucket: str) -> RateLimiter | None:
        row: Any = self.rows.get(bucket)
        return None if row is None else RateLimiter.from_json(json.loads(row))
