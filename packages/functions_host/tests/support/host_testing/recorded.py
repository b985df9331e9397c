"""Compares the host with what Microsoft's own answered: each recorded app, asked by its own driver."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from host_testing.running import RunningHost
from host_testing.storage_account import Certificates, Emulator

RECORDED = Path(__file__).parents[2] / "recorded"
README = RECORDED.parents[1] / "README.md"
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_ABSENT = "(absent)"
# An exception of .NET as JSON inside JSON, to the end of the text that it is in.
_TRACE = re.compile(r'\{\\+"\$type\\+":\\+"System\.Exception,(?:[^"\\]|\\+.)*')
# A stack of Python, and of .NET, to the end of the text that it is in.
_STACK = re.compile(r'(\\nStack: |, StackTrace: )(?:[^"\\]|\\.)*')
_OF_RUN = dict.fromkeys(("list", "enti"), ("x-ms-continuation-token",))
_MOMENTS = {"offset in the second, all under 0.3 s", "median gap"}
Row = dict[str, Any]


def connection_string(emulator: Emulator) -> str:
    """Write the connection string of an Azurite, as hosts and drivers read it."""
    endpoints = {"Blob": emulator.blobs_url, "Queue": emulator.queues_url, "Table": emulator.tables_url}
    parts = "".join(f"{name}Endpoint={url};" for name, url in endpoints.items())
    return f"DefaultEndpointsProtocol=https;AccountName={_ACCOUNT};AccountKey={_KEY};{parts}"


class RecordedApp:
    """One of the recorded apps: its host, its driver, and the answers of Microsoft's host.

    ``http``: settings of the section ``http`` of its ``host.json``.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        emulator: Emulator,
        certificates: Certificates,
        http: Mapping[str, object] | None = None,
    ) -> None:
        self.name, self._folder = name, folder
        self._app = RECORDED / "apps" / name
        if http is not None:
            self._app = _variant(self._app, folder / "app", http)
        self._environ = {
            "AzureWebJobsStorage": connection_string(emulator),
            "PROBE_STORAGE": connection_string(emulator),
            "PROBE_LOG": str(folder / "probe.log"),
            **certificates.environment(),
        }

    def answers(self, *arguments: str, **environ: str) -> list[Row]:
        """Start the host, run the driver, and return what it has written."""
        with self.running(*arguments, **environ) as host:
            return self._driven(host, environ)

    @contextmanager
    def running(self, *arguments: str, **environ: str) -> Iterator[RunningHost]:
        """Start the host, and stop it at the end."""
        host = RunningHost(
            self._folder / "state.db",
            self._folder / "log",
            self._app,
            ["--auth", "on", "--faults", "azure", *arguments],
            self._environ | environ,
        ).start()
        try:
            yield host
        finally:
            host.stop()

    def _driven(self, host: RunningHost, environ: Mapping[str, str]) -> list[Row]:
        out = self._folder / "answers.json"
        driver = RECORDED / "apps" / self.name / "probe.py"
        command = [sys.executable, str(driver), host.url, str(out)]
        variables = {**os.environ, **self._environ, **_keys(host), **environ}
        subprocess.run(command, check=True, env=variables, cwd=self._folder, stdout=subprocess.DEVNULL)
        rows: list[Row] = json.loads(out.read_text("utf-8"))
        return rows


def _variant(app: Path, folder: Path, http: Mapping[str, object]) -> Path:
    """Copy an app, with settings for HTTP of its own."""
    shutil.copytree(app, folder)
    path = folder / "host.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"extensions": {"http": http}}), "utf-8")
    return folder


def _keys(host: RunningHost) -> dict[str, str]:
    """Return the host's keys, by the variables that drivers read; one function gets a key of its own."""
    found = {words[1]: words[-1] for words in map(str.split, host.command("keys").splitlines()) if len(words) > 2}
    master = {"x-functions-key": found["_master"]}
    made = host.call("PUT", "/admin/functions/auth_func/keys/default", {}, master).json
    return {
        "PROBE_MASTER_KEY": found["_master"],
        "PROBE_HOST_KEY": found["default"],
        "PROBE_DURABLE_KEY": found["durabletask_extension"],
        "PROBE_FUNC_KEY": made["value"],
    }


def recorded(name: str) -> list[Row]:
    """Read the answers of Microsoft's host."""
    rows: list[Row] = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    return rows


def differing(expected: list[Row], found: list[Row]) -> dict[str, list[str]]:
    """Return the differences by the name of the row; a name that is repeated counts up."""
    answers = dict(_named(found))
    return {
        name: differences
        for name, row in _named(expected)
        if (differences := _differences(*_without_moments(name, row, answers.get(name, {}))))
    }


def _named(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["name"]] += 1
        yield row["name"] if counts[row["name"]] == 1 else f"{row['name']} ({counts[row['name']]})", row


def _without_moments(name: str, expected: Row, found: Row) -> tuple[Row, Row]:
    """Take out what no second run repeats, even on Microsoft's host.

    How often a timer ran, and how late; when a message is polled again; stack traces of .NET and of Microsoft's worker;
    tokens of lists, which have the random part of instance ids; the order in which parallel activities end; how many
    messages run at a time when a batch ends while the next one is fetched.
    """
    one, other = (json.loads(_plain(json.dumps(row, ensure_ascii=False))) for row in (expected, found))
    for row in (one, other):
        row.pop("request", None)
        row["headers"] = [pair for pair in row.get("headers", []) if pair[0] not in _OF_RUN.get(name[:4], ())]
        if isinstance(row.get("json"), dict):
            _without_traces(row)
        if name.startswith(("end o_fan", "end o_sub_fan")):
            row["json"]["historyEvents"].sort(key=str)
        if name == "q_batch of 16":  # from a batch on, up to the threshold for the next one more
            row["value"]["active_max"] = 4 <= row["value"]["active_max"] <= 6
        if name == "output long":
            row["value"]["runs"] = min(1, row["value"]["runs"])
        if name.startswith("poison of"):
            row["value"].sort(key=str)
    if name.startswith("timer ") and isinstance(other.get("value"), dict):
        least = min(len(row["value"]["first three"]) for row in (one, other))
        for row in (one, other):
            row["value"] = {key: value for key, value in row["value"].items() if key not in _MOMENTS}
            row["value"]["first three"] = row["value"]["first three"][:least]
            row["value"]["retries"] = (row["value"]["retries"] or [])[:3]
    return one, other


def _without_traces(row: Row) -> None:
    if "ExceptionType" in row["json"]:
        row["json"].pop("StackTrace", None)
        row["headers"] = [pair for pair in row["headers"] if pair[0] != "Content-Length"]


def _plain(text: str) -> str:
    return _STACK.sub("", _TRACE.sub("", text.replace("601]", "600]")))


def _differences(expected: Row, found: Row) -> list[str]:
    one, other = dict(_values(expected, "")), dict(_values(found, ""))
    return [
        f"{path}: {one.get(path, _ABSENT)!r} on Azure, here {other.get(path, _ABSENT)!r}"
        for path in sorted(one.keys() | other.keys())
        if one.get(path, _ABSENT) != other.get(path, _ABSENT)
    ]


def _values(value: Any, path: str) -> Iterator[tuple[str, object]]:
    """List the single values of a JSON document by their paths; headers by their names."""
    if isinstance(value, list) and path == ".headers":
        for index, (name, text) in enumerate(value):
            repeated = sum(name == other for other, _ in value[:index])
            yield f"{path}.{name}{repeated or ''}", text
    elif isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield from _values(inner, f"{path}.{name}")
    else:
        yield path, value


def known_differences(name: str) -> dict[str, str]:
    """Read the listed differences of one recording: the row of the README's table that has the reason, by name."""
    listed = json.loads((RECORDED / "known_differences.json").read_text("utf-8"))[name]
    return {row: reason for reason, rows in listed.items() for row in rows}


def reasons() -> dict[str, str]:
    """Read the rows of the README's table of differences: each one's reason by what differs."""
    table = README.read_text("utf-8").partition("## Differences from Azure")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[-1] for cells in rows}


def by_chance() -> set[str]:
    """Return the rows of that table that say that the difference is not there at each run."""
    return {row for row, reason in reasons().items() if "by chance" in reason}
