"""The errors in recordings of calls that an app for Cloud PCs makes: (operation, status, code, source).

`python -m packages.azure_simulator.tests.recorded.errors FOLDER...` prints them as JSON lines, from every
`recordings/*.yaml` below the folders (checkouts of Azure/azure-cli and Azure/azure-cli-extensions, MIT licence).
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packages.azure_simulator.tests.recorded import secrets
from packages.azure_simulator.tests.recorded.directory import kind_of
from packages.azure_simulator.tests.recorded.findings import type_of
from packages.azure_simulator.tests.recorded.recordings import ARM, GRAPH, Exchange, code_of, read_file

_HINT = re.compile(rb"code: [45]\d\d|\"status\\?\": ?\\?\"(?:Failed|Canceled)")
_OURS = re.compile(
    "microsoft.compute/(virtualmachines|disks|snapshots|images|galleries|capacityreservationgroups|locations|skus)"
    "|microsoft.network/(virtualnetworks|networkinterfaces|networksecuritygroups|publicipaddresses|natgateways)/?[a-z]*$"
    "|microsoft.authorization/(roleassignments|locks)|microsoft.desktopvirtualization|resourcegroups$"
    "|graph (users|groups|servicePrincipals|directoryObjects|devices|subscriptions)|vault secrets"
)
_OTHERS = re.compile("virtualmachinescalesets|simulateeviction|artifacttypes/types")
_ANY = re.compile("Throttled|RetryableError|AuthorizationFailed")
"""Codes that any provider may answer, whatever was called."""
_LONGEST = 120
_NAMED = re.compile(
    r"'?/subscriptions/\S+|\S+@\S+|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|'[^']*'", re.IGNORECASE
)


def errors(found: Exchange) -> tuple[str, int, str, str] | None:
    """Return operation, status (200: an operation that failed), code and the beginning of the message."""
    kind = type_of(found.path) if found.host == ARM else kind_of(found.path)
    kind = kind if found.host in {ARM, GRAPH} else secrets.kind_of(found.path)
    failed = isinstance(found.answer, dict) and found.answer.get("status") in {"Failed", "Canceled"}
    if found.status < 400 and not failed:
        return None
    code = code_of(found.answer)
    if (_OURS.match(kind) is None or _OTHERS.search(kind)) and not _ANY.search(code):
        return None
    error = (found.answer or {}).get("error") or {} if isinstance(found.answer, dict) else {}
    message = str(error.get("message") or "") if isinstance(error, dict) else ""
    return f"{found.method} {kind}", 200 if failed else found.status, code, _NAMED.sub("...", message)[:_LONGEST]


def collected(folders: list[Path]) -> Iterator[tuple[str, int, str, str, str]]:
    """Yield each (operation, status, code) once, with a message and the file that has it."""
    known: set[tuple[str, int, str]] = set()
    for path in sorted(each for folder in folders for each in folder.glob("**/recordings/*.yaml")):
        if not _HINT.search(path.read_bytes()):
            continue
        for exchange in read_file(path):
            row = errors(exchange)
            if row is not None and row[:3] not in known:
                known.add(row[:3])
                yield *row, "/".join(path.parts[-5:])


if __name__ == "__main__":
    for row in sorted(collected([Path(each) for each in sys.argv[1:]])):
        sys.stdout.write(json.dumps(row) + "\n")
