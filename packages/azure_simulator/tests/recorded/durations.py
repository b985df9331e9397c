"""Durations measured in Azure: `python -m packages.azure_simulator.tests.recorded.durations` writes `durations.json`.

Seconds from a request to the first poll that said its operation had ended; `grain` is the pause before that poll, so
the end was up to so many seconds earlier. Operations with fewer than three of them are left out.
"""

import json
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packages.azure_simulator.tests.recorded import recordings
from packages.azure_simulator.tests.recorded.findings import type_of
from packages.azure_simulator.tests.recorded.recordings import Exchange, Recording

FACTS = Path(__file__).with_name("durations.json")
_OPERATION = re.compile(
    r"/(?:operations|operationresults|diskoperations|capsoperations)/([0-9a-f-]{36})", re.IGNORECASE
)
_ENDED = frozenset({"Succeeded", "Failed", "Canceled"})
_FEWEST = 3


def durations(recording: Recording) -> Iterator[tuple[str, float, float]]:
    """Yield (operation, seconds until it was seen to have ended, seconds since it was looked at before)."""
    waiting: dict[str, list[Any]] = {}
    for exchange in recording.exchanges:
        if exchange.at is None:
            continue
        polled = _key(exchange.path)
        if polled in waiting:
            kind, begun, looked = waiting[polled]
            state = exchange.answer.get("status") if isinstance(exchange.answer, dict) else None
            if state in _ENDED or (state is None and exchange.status in {200, 204}):
                del waiting[polled]
                if state in {None, "Succeeded"}:
                    yield kind, (exchange.at - begun).total_seconds(), (exchange.at - looked).total_seconds()
            else:
                waiting[polled][2] = exchange.at
        elif exchange.method not in {"GET", "HEAD"} and (begun_id := _announced(exchange)):
            waiting[begun_id] = [f"{exchange.method} {type_of(exchange.path)}", exchange.at, exchange.at]


def measure(found: Iterator[Recording]) -> dict[str, Mapping[str, float]]:
    """Return count, median, 90th percentile, longest and usual grain of each operation, by its name."""
    took: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for recording in found:
        for kind, seconds, grain in durations(recording):
            took[kind].append((seconds, grain))
    return {
        kind: {
            "n": len(each),
            "median": statistics.median(seconds for seconds, _ in each),
            "p90": sorted(seconds for seconds, _ in each)[int(len(each) * 0.9)],
            "most": max(seconds for seconds, _ in each),
            "grain": statistics.median(grain for _, grain in each),
        }
        for kind, each in sorted(took.items())
        if len(each) >= _FEWEST
    }


def _announced(exchange: Exchange) -> str:
    return _key(exchange.headers.get("azure-asyncoperation") or exchange.headers.get("location", ""))


def _key(address: str) -> str:
    found = _OPERATION.search(address)
    return found[1].lower() if found else ""


if __name__ == "__main__":
    root = recordings.folder()
    if root is None:
        sys.exit(f"{recordings.FOLDER} names no folder with recordings")
    rows = [f"  {json.dumps(kind)}: {json.dumps(facts)}" for kind, facts in measure(recordings.read(root)).items()]
    FACTS.write_text("{\n" + ",\n".join(rows) + "\n}\n")
