"""A note beside the state file: where the host that runs on it answers. For the commands that act."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Doorplate:
    """What a running host tells of itself; ``since`` is in the app's time."""

    url: str
    pid: int
    app: str
    since: str


def _place(db: Path) -> Path:
    return db.with_name(f"{db.name}.running")


@contextmanager
def shown(db: Path, plate: Doorplate) -> Iterator[None]:
    """Leave the note while the host serves."""
    place = _place(db)
    fresh = place.with_name(f"{place.name}.{plate.pid}")
    fresh.write_text(json.dumps(asdict(plate)))
    fresh.replace(place)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def read(db: Path) -> Doorplate | None:
    """Read the note; None when no host runs, also when one died without taking its note along."""
    try:
        plate = Doorplate(**json.loads(_place(db).read_text()))
        os.kill(plate.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return plate
