"""Files that only their owner may read, replaced as a whole: nobody sees half of one."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from deskwright.errors import CommandError


def folder() -> Path:
    """Return the folder of contexts and tokens: ``DESKWRIGHT_CONFIG_DIR``, else where the system keeps settings."""
    return Path(os.environ.get("DESKWRIGHT_CONFIG_DIR") or click.get_app_dir("deskwright"))


def read(name: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the content of one of our files; None when there is none. Raises: CommandError."""
    path = folder() / name
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}", advice="Correct it, or delete it.") from error


def write(name: str, content: object) -> None:
    """Replace one of our files. Raises: CommandError."""
    path = folder() / name
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{name}.")  # 0600 from the beginning
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
            Path(beside).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(beside).unlink()
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error
