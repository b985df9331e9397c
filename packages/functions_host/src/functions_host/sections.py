"""Reads JSON settings files key by key: what cannot be obeyed is refused with the file and the key."""

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
        raise ConfigError(f"{text!r} is no time span (hh:mm:ss)")
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
    """One object in such a file; ``place`` says which: the file, then the keys that lead to it.

    What a file of secrets holds is not quoted.
    """

    def __init__(self, raw: Mapping[str, Any], place: str, *, secret: bool = False) -> None:
        self.raw, self._place, self._secret = raw, place, secret

    def section(self, name: str) -> "Section":
        """Go into an object; one that is not there is empty."""
        return Section(self._typed(name, {}, dict, "an object"), self._of(name), secret=self._secret)

    def text(self, name: str, default: str) -> str:
        """Read a text."""
        found: str = self._typed(name, default, str, "text")
        return found

    def texts(self, name: str) -> dict[str, str]:
        """Read an object of texts and numbers, all of them as text."""
        found = self.section(name)
        bad = next((key for key, value in found.raw.items() if isinstance(value, dict | list) or value is None), None)
        if bad is not None:
            raise found.refused(bad, "text")
        return {key: str(value) for key, value in found.raw.items()}

    def names(self, name: str) -> frozenset[str]:
        """Read a list of texts."""
        return frozenset(map(str, self._typed(name, [], list, "a list")))

    def whole(self, name: str, default: int, lowest: int = 1) -> int:
        """Read a whole number, which may stand in quotes."""
        given = self.raw.get(name)
        if given is None:
            return default
        number = int(given) if isinstance(given, str) and given.strip().lstrip("-").isdigit() else given
        if not isinstance(number, int) or isinstance(number, bool) or number < lowest:
            raise self.refused(name, f"a whole number from {lowest}")
        return number

    def span(self, name: str, default: str) -> timedelta:
        """Read a time span."""
        try:
            return parse_timespan(self.text(name, default))
        except ConfigError as error:
            raise self.refused(name, "a time span (hh:mm:ss)") from error

    def one_of(self, name: str, words: tuple[str, ...], default: str) -> str:
        """Read an enumeration as .NET does, without regard to case."""
        given = str(self.raw.get(name) or default)
        found = next((word for word in words if word.lower() == given.lower()), None)
        if found is None:
            raise self.refused(name, f"one of {', '.join(words)}")
        return found

    def refused(self, name: str, wanted: str) -> ConfigError:
        """Say what is wanted of a key in place of what is there."""
        found = "" if self._secret else f", not {json.dumps(self.raw.get(name))}"
        return ConfigError(f"{self._of(name)} must be {wanted}{found}")

    def _of(self, name: str) -> str:
        return f"{self._place}{'.' if ':' in self._place else ': '}{name}"

    def _typed(self, name: str, default: Any, kind: type, word: str) -> Any:  # noqa: ANN401 - of that kind
        given = self.raw.get(name)
        if given is not None and not isinstance(given, kind):
            raise self.refused(name, word)
        return default if given is None else given
