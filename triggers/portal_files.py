"""The files of the built portal: which there are, and how each is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.html"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content coding -> the ending that the build gave the compressed copy, the smallest first."""
_HASHED = "assets/"
"""Names below this folder contain a hash of their content."""
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class PortalFile:
    """One file as it is sent. *encoding*: its content coding, empty for none."""

    content: bytes
    content_type: str
    cache_control: str
    etag: str
    encoding: str


class PortalFiles:
    """The files below one folder; a file that is not in its list is not served.

    The list is made once, and anew when a file of it is gone: the portal was built beneath a running host.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = _names(folder)
        self._read: dict[tuple[str, str], PortalFile] = {}

    @property
    def is_built(self) -> bool:
        """Whether there is a portal at all."""
        return INDEX in self._names

    def find(self, path: str, accepted: str) -> PortalFile | None:
        """Return the file at *path* in a coding that *accepted* (``Accept-Encoding``) names.

        The addresses of pages are no files: they all get the index. A file of another build is None.
        """
        name = path if path in self._names else INDEX
        if name == INDEX and (path.startswith(_HASHED) or not self.is_built):
            return None
        encoding = next((each for each in self._names[name] if _accepts(accepted, each)), "")
        if (name, encoding) not in self._read:
            try:
                self._read[name, encoding] = self._file(name, encoding)
            except FileNotFoundError:
                self._names = _names(self._folder)
                self._read.clear()
                return None
        return self._read[name, encoding]

    def _file(self, name: str, encoding: str) -> PortalFile:
        content = self._folder.joinpath(f"{name}{_ENCODINGS.get(encoding, '')}").read_bytes()
        return PortalFile(
            content=content,
            content_type=_TYPES[Path(name).suffix],
            cache_control=_FOR_EVER if name.startswith(_HASHED) else _ASK_AGAIN,
            etag=f'"{hashlib.sha256(content).hexdigest()[:16]}"',
            encoding=encoding,
        )


def _names(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the name of each file that may be served, with the codings in which it is there too."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {
        name: tuple(encoding for encoding, ending in _ENCODINGS.items() if f"{name}{ending}" in files)
        for name in files
        if Path(name).suffix in _TYPES and not any(part.startswith(".") for part in Path(name).parts)
    }


def _accepts(accepted: str, encoding: str) -> bool:
    """Return whether ``Accept-Encoding`` names a coding, and not with the weight 0."""
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == encoding:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
