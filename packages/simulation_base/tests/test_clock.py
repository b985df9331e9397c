"""The shared clock: speed, limit, jumps, drivers; and that no reader sees a torn write or time that goes back."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulation_base.clock import NO_LIMIT, ClockError, ClockFields, FileClock, is_alive, microseconds

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)

# Every write keeps base_us == limit_us - 10**6 == target_us: a torn read breaks the equation.
WRITER = """
import sys
from pathlib import Path
from simulation_base.clock import FileClock
clock = FileClock.open(Path(sys.argv[1]))
print("ready", flush=True)
base = clock.read().base_us
while True:
    base += 7
    clock.write(base_us=base, limit_us=base + 10**6, target_us=base, rate=0.0)
"""


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", START, 0.0)


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@contextmanager
def another_process_writing(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            yield
        finally:
            writer.kill()


def test_a_new_clock_reads_its_base(clock: FileClock) -> None:
    assert clock.now() == START


def test_the_file_has_the_documented_layout(clock: FileClock) -> None:
    content = clock.path.read_bytes()
    assert (len(content), content[:8], content[8:16]) == (128, b"DWCLOCK1", bytes(8))
    assert int.from_bytes(content[16:24], "little") == microseconds(START)
    assert int.from_bytes(content[40:48], "little") == NO_LIMIT


def test_time_runs_at_the_speed(tmp_path: Path) -> None:
    before = time.monotonic_ns()
    clock = FileClock.create(tmp_path / "clock", START, 1000.0)
    while clock.now() < START + timedelta(seconds=20):
        pass
    assert time.monotonic_ns() - before >= 20_000_000


def test_time_stops_at_the_limit(tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", START, 1e9)
    clock.write(limit_us=microseconds(START + 1000 * A_DAY))
    while clock.now() != START + 1000 * A_DAY:
        pass
    clock.write(limit_us=microseconds(START))
    assert clock.now() == START + 1000 * A_DAY


def test_after_the_limit_is_raised_time_continues_from_where_it_stood(tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", START, 1e9)
    clock.write(limit_us=microseconds(START + 1000 * A_DAY))
    while clock.now() != START + 1000 * A_DAY:
        pass
    clock.write(rate=0.0, limit_us=NO_LIMIT)
    assert clock.now() == START + 1000 * A_DAY


def test_time_never_goes_back(clock: FileClock) -> None:
    clock.advance(A_DAY)
    clock.write(base_us=microseconds(START))
    assert clock.now() == START + A_DAY


def test_an_anchor_in_the_future_counts_as_now(clock: FileClock) -> None:
    fields = clock.read()
    assert fields.at(fields.anchor_ns - 10**12) == microseconds(START)


def test_advance_moves_the_base_when_nobody_drives(clock: FileClock) -> None:
    clock.advance(A_DAY)
    assert clock.now() == START + A_DAY


def test_advance_requests_the_jump_from_a_living_driver(clock: FileClock) -> None:
    clock.claim(os.getpid())
    clock.advance(A_DAY)
    clock.advance(A_DAY)
    assert clock.now() == START
    assert clock.read().target_us == microseconds(START + 2 * A_DAY)


def test_advance_does_not_wait_for_a_dead_driver(clock: FileClock) -> None:
    clock.write(driver_pid=dead_pid(), limit_us=microseconds(START))
    clock.advance(A_DAY)
    assert clock.now() == START + A_DAY


def test_a_jump_short_of_the_target_keeps_it_and_one_onto_it_clears_it(clock: FileClock) -> None:
    clock.claim(os.getpid())
    clock.advance(A_DAY)
    clock.jump_to(microseconds(START + A_DAY / 2))
    assert clock.read().target_us == microseconds(START + A_DAY)
    clock.jump_to(microseconds(START + A_DAY))
    assert (clock.read().target_us, clock.now()) == (0, START + A_DAY)


def test_two_living_processes_cannot_drive(clock: FileClock) -> None:
    clock.claim(os.getppid())
    with pytest.raises(ClockError, match="drives clock already"):
        clock.claim(os.getpid())


def test_a_dead_driver_is_replaced(clock: FileClock) -> None:
    clock.write(driver_pid=dead_pid())
    with clock.drive(os.getpid()):
        assert clock.read().driver_pid == os.getpid()
    assert clock.read().driver_pid == 0


def test_time_stands_still_under_a_driver_and_runs_when_it_releases_the_clock(clock: FileClock) -> None:
    with clock.drive(os.getpid()):
        clock.set_speed(60.0)
        assert clock.read().rate == 0.0
    assert clock.read().rate == 60.0


def test_a_new_speed_applies_at_once_while_time_runs(clock: FileClock) -> None:
    clock.claim(os.getpid())
    clock.write(rate=5.0, speed=5.0)
    clock.set_speed(60.0)
    assert clock.read().rate == 60.0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="no clock at"):
        FileClock.open(tmp_path / "none")


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(bytes(128))
    with pytest.raises(ClockError, match="is not a clock"):
        FileClock.open(path)


def test_reads_are_never_torn_while_another_process_writes(clock: FileClock) -> None:
    with another_process_writing(clock.path):
        seen = [clock.read() for _ in range(20_000)]
    moved = [fields for fields in seen if fields.target_us]
    assert moved
    assert all(f.base_us == f.target_us == f.limit_us - 10**6 for f in moved)


def test_a_killed_writer_leaves_a_whole_clock(clock: FileClock) -> None:
    for _ in range(5):
        with another_process_writing(clock.path):
            while clock.read().target_us == 0:
                pass
        fields = clock.read()
        assert fields.base_us == fields.target_us == fields.limit_us - 10**6


def test_a_write_that_was_cut_off_is_undone_by_the_next_reader(clock: FileClock) -> None:
    clock.advance(A_DAY)
    with clock.path.open("r+b") as file:
        content = file.read()
        sequence = int.from_bytes(content[8:16], "little")
        file.seek(8)
        file.write((sequence + 1).to_bytes(8, "little") + bytes(8) + content[24:72] + content[16:72])
    assert clock.now() == START + A_DAY


@pytest.mark.parametrize(("before", "after"), [(1000.0, 1000.0), (1000.0, 0.0), (0.0, 1000.0), (1000.0, 1.0)])
def test_time_does_not_go_back_while_a_writer_is_held_between_two_instructions(
    clock: FileClock, before: float, after: float
) -> None:
    clock.write(rate=before)
    reader = FileClock.open(clock.path)
    stop = threading.Event()
    steps: list[timedelta] = []

    def read(now: Callable[[], datetime]) -> None:
        last = now()
        while not stop.is_set():
            following = now()
            steps.append(following - last)
            last = following

    def held(now: ClockFields) -> ClockFields:
        time.sleep(0.004)
        return replace(now, rate=after)

    thread = threading.Thread(target=read, args=(reader.now,))
    thread.start()
    for _ in range(25):
        with clock._writing():
            time.sleep(0.004)
            clock._put(held)
        clock.write(rate=before)
        time.sleep(0.004)
    stop.set()
    thread.join()
    assert len(steps) > 100
    assert min(steps) >= timedelta(0)


def test_only_living_processes_are_alive() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(zombie.pid)
    zombie.wait()
    assert is_alive(os.getpid())
    assert not is_alive(0)
