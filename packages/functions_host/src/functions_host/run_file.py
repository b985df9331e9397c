"""The run file, beside the state file: where the host that runs on it answers. The commands read it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFile:
    """What a running host writes about itself; ``since`` is in the app's time."""

    url: str
    pid: int
    app: str
    since: str


def _path(db: Path) -> Path:
    return db.with_name(f"{db.name}.running")


@contextmanager
def written(db: Path, content: RunFile) -> Iterator[None]:
    """Keep the file there while the host serves."""
    path = _path(db)
    temporary = path.with_name(f"{path.name}.{content.pid}")
    temporary.write_text(json.dumps(asdict(content)))
    temporary.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read(db: Path) -> RunFile | None:
    """Read the file; None when no host runs, also when one was killed and left its file behind."""
    try:
        found = RunFile(**json.loads(_path(db).read_text()))
        os.kill(found.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return found
