"""Recorded traffic of Azure itself: the recordings with which Microsoft tests its command-line client.

They are in github.com/Azure/azure-cli (MIT licence), in `tests/latest/recordings` of each module below
`src/azure-cli/azure/cli/command_modules`. They are not part of this repository: `DESKWRIGHT_RECORDINGS` names a folder
that has them, such as a checkout. Those of github.com/Azure/azure-sdk-for-ruby (MIT licence) are read as well, and are
not part of the test: they are of 2016.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

FOLDER = "DESKWRIGHT_RECORDINGS"
MODULES = ("vm", "network", "role", "resource", "keyvault", "azext_desktopvirtualization")
_HIDDEN = {
    "<AZURE_SUBSCRIPTION_ID>": "00000000-0000-4000-8000-000000000001",
    "<AZURE_TENANT_ID>": "00000000-0000-4000-8000-000000000002",
    "<AZURE_CLIENT_ID>": "00000000-0000-4000-8000-000000000003",
}
"""Placeholders for ids in recordings of the Ruby client, and ids that stand for them here."""

ARM, GRAPH, VAULT = "management.azure.com", "graph.microsoft.com", "vault.azure.net"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what Azure answered. Names of headers are lower-case; bodies are JSON or None."""

    host: str
    method: str
    path: str
    query: str
    body: Any
    status: int
    answer: Any
    headers: Mapping[str, str]

    @property
    def at(self) -> datetime | None:
        """Return the moment of the answer, to the second."""
        return parsedate_to_datetime(self.headers["date"]) if "date" in self.headers else None

    @property
    def code(self) -> str:
        """Return the error code of the answer; empty when it is none."""
        return code_of(self.answer) if self.status >= 400 else ""


@dataclass(frozen=True, slots=True)
class Recording:
    """The exchanges of one test, in their order."""

    name: str
    exchanges: tuple[Exchange, ...]


def code_of(answer: Any) -> str:
    """Return the code of an error's body."""
    error = answer.get("error", answer) if isinstance(answer, dict) else {}
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def folder() -> Path | None:
    """Return the folder of the recordings, None if there is none here."""
    named = os.environ.get(FOLDER)
    return Path(named) if named and Path(named).is_dir() else None


def read(root: Path, modules: tuple[str, ...] = MODULES) -> Iterator[Recording]:
    """Read the recordings below a folder, sorted by their names."""
    for module in modules:
        for path in sorted(root.glob(f"**/{module}/tests/latest/recordings/*.yaml")):
            yield Recording(f"{module}/{path.stem}", read_file(path))


def read_cassettes(root: Path) -> Iterator[Recording]:
    """Read the recordings of the Ruby client below a folder, sorted by their names."""
    for path in sorted(root.glob("**/vcr_cassettes/**/*.yml")):
        yield Recording(str(path.relative_to(root).with_suffix("")), read_file(path))


def read_file(path: Path) -> tuple[Exchange, ...]:
    """Read the exchanges of one recording with Resource Manager, Graph and Key Vault."""
    return exchanges_of(path.read_text("utf-8"))


def exchanges_of(text: str) -> tuple[Exchange, ...]:
    """Return the exchanges that a recording has, of Python's VCR or of Ruby's, which hides the ids."""
    for hidden, shown in _HIDDEN.items():
        text = text.replace(hidden, shown)
    said = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}  # noqa: S506
    found = [_exchange(each) for each in said.get("interactions") or said.get("http_interactions") or ()]
    return tuple(each for each in found if each.host.endswith((ARM, GRAPH, VAULT)))


def _exchange(said: Mapping[str, Any]) -> Exchange:
    request, response = said["request"], said["response"]
    address = urlsplit(request["uri"])
    headers = {
        name.lower(): str(value[0] if isinstance(value, list) and value else value)
        for name, value in (response.get("headers") or {}).items()
    }
    body, sent = response.get("body"), request.get("body")
    return Exchange(
        host=address.hostname or "",
        method=str(request["method"]).upper(),
        path=address.path.rstrip("/"),
        query=address.query,
        body=_json(sent.get("string") if isinstance(sent, dict) else sent),
        status=int(response["status"]["code"]),
        answer=_json(body.get("string") if isinstance(body, dict) else body),
        headers=headers,
    )


def _json(text: Any) -> Any:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        return json.loads(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
