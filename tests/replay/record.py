"""Record histories of the orchestrators as they are now: ``python -m tests.replay.record HOST.DB [NAME ...]``.

Do it before you change a released orchestrator (CONTRIBUTING.md). For each orchestrator the instance with the longest
history is kept as ``histories/<orchestrator>-<version>-<case>.json``; the case is a name of yours (``--case``).
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

HISTORIES = Path(__file__).parent / "histories"
_EXECUTION_COMPLETED = 1


def recorded(db: Path, names: list[str]) -> list[dict[str, Any]]:
    """Return the longest completed instance of each orchestrator in a host's store."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as store:
        longest: dict[str, tuple[int, dict[str, Any]]] = {}
        rows = store.execute(
            "SELECT id, execution_id, name, version, input, output, n_hist FROM instance WHERE status = 'Completed'"
        ).fetchall()
        for instance_id, execution_id, name, version, taken, given, length in rows:
            if (names and name not in names) or length <= longest.get(name, (0, {}))[0]:
                continue
            bodies = store.execute(
                "SELECT body FROM history WHERE id = ? AND execution_id = ? ORDER BY seq", (instance_id, execution_id)
            )
            history = [json.loads(body) for (body,) in bodies]
            longest[name] = (
                length,
                {
                    "orchestrator": name,
                    "version": version,
                    "instanceId": instance_id,
                    "input": json.loads(taken) if taken else None,
                    "output": json.loads(given) if given else None,
                    "history": [event for event in history if event["EventType"] != _EXECUTION_COMPLETED],
                },
            )
    return [record for _, record in longest.values()]


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__)
    parser.add_argument("db", type=Path, help="the host's state file, as in .run/demo/host.db")
    parser.add_argument("names", nargs="*", help="orchestrators; left out: all there are")
    parser.add_argument("--case", required=True, help="what happened, in kebab case: all-well, second-attempt")
    asked = parser.parse_args()
    for record in recorded(asked.db, asked.names):
        target = HISTORIES / f"{record['orchestrator']}-{record['version'] or '1.0'}-{asked.case}.json"
        target.write_text(json.dumps(record, indent=1) + "\n")
        print(target.relative_to(HISTORIES.parent))  # noqa: T201 - a command


if __name__ == "__main__":
    main()
