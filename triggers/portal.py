"""The portal: its built files, and the pages that a browser shows, below ``/portal``.

A route that catches everything at the root would take the host's own addresses too (``/admin``: issue 6990 of
azure-functions-host), so the pages have a folder of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from shared.dependencies import dependencies
from triggers.http.answers import http_response, is_held

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
    """One file for a response. *encoding*: its content coding, empty for none."""

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


bp = func.Blueprint()  # type: ignore[no-untyped-call]
_START = "/portal/"
_BUILT = Path(__file__).parents[1] / "portal" / "dist"
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The hash of no text at all: a style element with text in it stays forbidden."""
_NOT_BUILT = "The portal was not built: `make portal` builds it, and a deployment contains it.\n"


@bp.route(route="/", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def open_portal(req: func.HttpRequest) -> func.HttpResponse:
    """Send a browser that opens the service's address to the portal."""
    del req
    return http_response(status=302, headers={"Location": _START})


@bp.route(route="portal/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_portal_file(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a file of the portal; the addresses of its pages all answer with its one page."""
    settings = dependencies().settings
    files = _files(settings.portal_folder)
    found = files.find(req.route_params.get("path", ""), req.headers.get("accept-encoding", ""))
    headers = _headers(settings.authority_url)
    if found is None:
        text = "There is no such file.\n" if files.is_built else _NOT_BUILT
        return http_response(text, status=404, headers=headers, kind="text/plain")
    headers |= {"Cache-Control": found.cache_control, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if is_held(found.etag, req.headers.get("if-none-match")):
        return http_response(status=304, headers=headers)
    headers |= {"Content-Type": found.content_type, **({"Content-Encoding": found.encoding} if found.encoding else {})}
    return http_response(found.content, headers=headers)


@cache
def _files(folder: str | None) -> PortalFiles:
    return PortalFiles(Path(folder) if folder else _BUILT)


def _headers(authority: str) -> dict[str, str]:
    """Return the headers of every answer. Scripts and styles are files of the portal; only the issuer is asked too."""
    issuer = "{0.scheme}://{0.netloc}".format(urlsplit(authority))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        # Fluent UI makes empty style elements, to which it adds rules by script, and sets style attributes.
        "style-src": f"'self' {_EMPTY_STYLE}",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {issuer}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {"Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
