"""Reads JSON settings files key by key; an error names the file and the key."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions_host.errors import ConfigError


def parse_timespan(text: str) -> timedelta:
    """Read a .NET TimeSpan: ``[d.]hh:mm[:ss[.fffffff]]``."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+)(?::(\d+(?:\.\d+)?))?", text.strip())
    if match is None:
        raise ConfigError(f"{text!r} is not a time span (hh:mm:ss)")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object; ``ConfigError`` names the line."""
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}:1: a JSON object is expected")
    return content


class Section:
    """One object in such a file; ``path`` is the file, then the keys that lead to it.

    The values of a file with secrets are not quoted in errors.
    """

    def __init__(self, raw: Mapping[str, Any], path: str, *, secret: bool = False) -> None:
        self.raw, self._path, self._secret = raw, path, secret

    def section(self, name: str) -> "Section":
        """Return the object below a key; empty without one."""
        return Section(self._typed(name, {}, dict, "an object"), self._key(name), secret=self._secret)

    def string(self, name: str, default: str) -> str:
        """Read a string."""
        found: str = self._typed(name, default, str, "text")
        return found

    def strings(self, name: str) -> dict[str, str]:
        """Read an object of strings and numbers, all of them as strings."""
        found = self.section(name)
        bad = next((key for key, value in found.raw.items() if isinstance(value, dict | list) or value is None), None)
        if bad is not None:
            raise found.error(bad, "text")
        return {key: str(value) for key, value in found.raw.items()}

    def names(self, name: str) -> frozenset[str]:
        """Read a list of strings."""
        return frozenset(map(str, self._typed(name, [], list, "a list")))

    def integer(self, name: str, default: int, lowest: int = 1) -> int:
        """Read a whole number, which may stand in quotes."""
        given = self.raw.get(name)
        if given is None:
            return default
        number = int(given) if isinstance(given, str) and given.strip().lstrip("-").isdigit() else given
        if not isinstance(number, int) or isinstance(number, bool) or number < lowest:
            raise self.error(name, f"a whole number from {lowest}")
        return number

    def span(self, name: str, default: str) -> timedelta:
        """Read a time span."""
        try:
            return parse_timespan(self.string(name, default))
        except ConfigError as error:
            raise self.error(name, "a time span (hh:mm:ss)") from error

    def one_of(self, name: str, values: tuple[str, ...], default: str) -> str:
        """Read an enumeration as .NET does, without regard to case."""
        given = str(self.raw.get(name) or default)
        found = next((value for value in values if value.lower() == given.lower()), None)
        if found is None:
            raise self.error(name, f"one of {', '.join(values)}")
        return found

    def error(self, name: str, expected: str) -> ConfigError:
        """Make the error that names the expected and the actual value of a key."""
        found = "" if self._secret else f", not {json.dumps(self.raw.get(name))}"
        return ConfigError(f"{self._key(name)} must be {expected}{found}")

    def _key(self, name: str) -> str:
        return f"{self._path}{'.' if ':' in self._path else ': '}{name}"

    def _typed(self, name: str, default: Any, kind: type, expected: str) -> Any:  # noqa: ANN401 - of that kind
        given = self.raw.get(name)
        if given is not None and not isinstance(given, kind):
            raise self.error(name, expected)
        return default if given is None else given
