"""Counts of what a running service keeps, taken from outside: memory, rows, blobs, messages, instances, resources."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.stack import Stack
from tests.e2e.queues import Minted

Counts = dict[str, float]
MEBIBYTE = 2**20
DEVICES = ("device", "managedDevice")


def counted(stack: Stack) -> Counts:
    """Count everything once."""
    return {**_process(stack), **_storage(stack), **_hub(stack), **_cloud(stack)}


def _process(stack: Stack) -> Counts:
    """Return the memory, files and threads of the host's process, in which the app runs."""
    process = Path("/proc") / str(json.loads((stack.folder / "host.db.running").read_text())["pid"])
    pages = int((process / "statm").read_text().split()[1])
    return {
        "memory (MiB)": pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE,
        "open files": len(list((process / "fd").iterdir())),
        "threads": len(list((process / "task").iterdir())),
        "log (MiB)": (stack.folder / "logs" / "host.log").stat().st_size / MEBIBYTE,
    }


def _storage(stack: Stack) -> Counts:
    """Count the rows of each table, the blobs of each container and the messages of each queue."""
    at, credential, trusted = stack.addresses, Minted(stack), str(stack.certificates.bundle)
    found: Counts = {}
    with TableServiceClient(at.tables, credential=credential, connection_verify=trusted) as tables:
        for table in tables.list_tables():
            rows = tables.get_table_client(table.name).list_entities(select=["PartitionKey"])
            found[f"table {table.name}"] = sum(1 for _ in rows)
    with BlobServiceClient(at.blobs, credential=credential, connection_verify=trusted) as blobs:
        for container in blobs.list_containers():
            names = list(blobs.get_container_client(container.name).list_blob_names())
            found[f"container {container.name}"] = len(names)
            found[f"folders of {container.name}"] = len({name.partition("/")[0] for name in names})
    with QueueServiceClient(at.queues, credential=credential, connection_verify=trusted) as queues:
        for queue in queues.list_queues():
            facts = queues.get_queue_client(queue.name).get_queue_properties()
            found[f"queue {queue.name}"] = facts.approximate_message_count or 0
    return found


def _hub(stack: Stack) -> Counts:
    """Count the rows of the host's store, and its size with the log that is not written back yet."""
    file = stack.folder / "host.db"
    found = {"store (MiB)": sum(each.stat().st_size for each in (file, Path(f"{file}-wal"))) / MEBIBYTE}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            (found[f"store {table}"],) = store.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return found


def _cloud(stack: Stack) -> Counts:
    """Count the resources of each type, the devices of all directories, and all requests until now."""
    types = stack.ask_cloud("state")["types"]
    found = {f"resources {kind}": float(count) for kind, count in types.items()}
    for kind in DEVICES:
        found[f"directory {kind}"] = sum(map(len, stack.ask_cloud(f"state?view=directory&kind={kind}").values()))
    return {**found, "requests to the cloud": stack.ask_cloud("stats")["requests"]}
