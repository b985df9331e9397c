"""Moments as .NET writes them, and as microseconds since the epoch, which is how the host counts time."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(moment_us: int) -> str:
    """Write microseconds since the epoch as .NET does: seven digits and Z."""
    seconds, fraction = divmod(moment_us, 1_000_000)
    return f"{_second(seconds)}.{fraction:06d}0Z"


def to_us(moment: datetime) -> int:
    """Count microseconds since the epoch; a moment without a zone counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def parse_us(text: str) -> int:
    """Read an ISO timestamp of any precision as microseconds since the epoch."""
    return to_us(datetime.fromisoformat(text))
