"""Adds rows to the file in which a stopped Azurite stores its tables.

Over HTTP Azurite scans all rows for each insert: a hundred thousand take more than an hour, this way seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.azurite import ACCOUNT

_FILE = "__azurite_db_table__.json"


def file_rows(data: Path, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add *rows* to a table that has one of their kind already. *data*: the folder of an Azurite that is stopped.

    The file is LokiJS's: documents, the numbers by which it knows them, and their order by each key.
    """
    path = data / _FILE
    stored = json.loads(path.read_text(encoding="utf-8"))
    (collection,) = (each for each in stored["collections"] if each["name"] == f"{ACCOUNT}${table}")
    documents: list[dict[str, Any]] = collection["data"]
    like = documents[-1]
    for number, row in enumerate(rows, start=collection["maxId"] + 1):
        keys = {name: row[name] for name in ("PartitionKey", "RowKey")}
        documents.append({**like, **keys, "properties": {**like["properties"], **row}, "$loki": number})
    collection["maxId"] += len(rows)
    collection["idIndex"] = [document["$loki"] for document in documents]
    for name, index in collection["binaryIndices"].items():
        index["values"] = sorted(range(len(documents)), key=lambda at, by=name: documents[at][by])  # type: ignore[misc]
    path.write_text(json.dumps(stored), encoding="utf-8")
