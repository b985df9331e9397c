"""The run file, beside the state file: where the host that runs on it answers. The commands read it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from functions_host.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RunFile:
    """Facts that a running host writes about itself; ``since`` is in the app's time."""

    url: str
    pid: int
    app: str
    since: str


def _path(db: Path) -> Path:
    return db.with_name(f"{db.name}.running")


def _client_path(db: Path) -> Path:
    return db.with_name(f"{db.name}.client")


@contextmanager
def written(db: Path, content: RunFile, client: str) -> Iterator[None]:
    """Keep the file while the host serves, and another one with the values that the SDK's client needs."""
    path, beside = _path(db), _client_path(db)
    temporary = path.with_name(f"{path.name}.{content.pid}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(client)
    temporary.replace(beside)
    temporary.write_text(json.dumps(asdict(content)))
    temporary.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        beside.unlink(missing_ok=True)


def client_of(db: Path) -> str:
    """Return the JSON that the durable client binding of the host on *db* gives to the SDK. Raises: ConfigError."""
    if read(db) is None:
        raise ConfigError(f"no host runs on {db}: start it before what joins it")
    return _client_path(db).read_text()


def read(db: Path) -> RunFile | None:
    """Read the file; None when no host runs, also when one was killed and left its file behind."""
    try:
        found = RunFile(**json.loads(_path(db).read_text()))
        os.kill(found.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return found
