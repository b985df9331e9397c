"""The clock file is read as it was agreed, by code of the app's own."""

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulation_base.clock import FileClock as WrittenClock

from shared.clock import FileClock, SystemClock

BASE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BASE_US = int(BASE.timestamp()) * 1_000_000
NO_LIMIT = 2**63 - 1
FIELDS = struct.Struct("<qqdqdqq")
SECOND_NS = 1_000_000_000


def write(path: Path, *, sequence: int = 0, rate: float = 1.0, limit_us: int = NO_LIMIT, undo: int = BASE_US) -> Path:
    now = FIELDS.pack(BASE_US, 0, rate, limit_us, 1.0, 0, 0)
    before = FIELDS.pack(undo, 0, rate, limit_us, 1.0, 0, 0)
    path.write_bytes(b"DWCLOCK1" + struct.pack("<Q", sequence) + now + before)
    return path


def reading(path: Path, seconds: float) -> datetime:
    clock = FileClock(path, lambda: int(seconds * SECOND_NS))
    now = clock.now()
    clock.close()
    return now


def test_time_passes_at_its_rate(tmp_path: Path) -> None:
    assert reading(write(tmp_path / "clock", rate=60), 2.5) == BASE + timedelta(seconds=150)


def test_time_stands_still_at_rate_zero(tmp_path: Path) -> None:
    assert reading(write(tmp_path / "clock", rate=0), 1000) == BASE


def test_time_never_passes_its_limit(tmp_path: Path) -> None:
    limit_us = BASE_US + 5_000_000
    assert reading(write(tmp_path / "clock", limit_us=limit_us), 1000) == BASE + timedelta(seconds=5)


def test_an_anchor_in_the_future_counts_as_now(tmp_path: Path) -> None:
    assert reading(write(tmp_path / "clock"), -10) == BASE


def test_the_fields_before_an_interrupted_write_count(tmp_path: Path) -> None:
    path = write(tmp_path / "clock", sequence=7, rate=0, undo=BASE_US + 1_000_000)
    assert reading(path, 0) == BASE + timedelta(seconds=1)


def test_a_file_that_is_not_a_clock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"DWCLOCK1")
    (tmp_path / "other").write_bytes(bytes(128))
    for name in ("short", "other"):
        with pytest.raises(ValueError, match="not a clock"):
            FileClock(tmp_path / name)


def test_it_agrees_with_the_writer_of_the_clock(tmp_path: Path) -> None:
    writer = WrittenClock.create(tmp_path / "clock", BASE, 0)
    reader = FileClock(tmp_path / "clock")
    assert reader.now() == writer.now() == BASE
    writer.advance(timedelta(days=7))
    assert reader.now() == writer.now() == BASE + timedelta(days=7)
    reader.close()
    writer.close()


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
