"""Paths as Kestrel reads them: decoded once, then freed from dot segments."""

import re
from urllib.parse import quote, unquote

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PATH_SAFE = "/!$&'()*+,;=:@-._~"


class PathError(ValueError):
    """The server answers 400 to a path with a null character."""


def decoded(raw: str) -> str:
    """Decode a path: encoded slashes and bytes that are no UTF-8 stay encoded, dot segments are removed.

    Raises: PathError.
    """
    text = _ENCODED.sub(lambda match: _decoded_run(match[0], "/"), raw or "/")
    if "\0" in text:
        raise PathError("the path has a null character")
    return _without_dots(text)


def segments_of(raw: str) -> list[str]:
    """Split a path as it was sent, and decode each segment wholly; for the host's own routes."""
    return [unquote(part) for part in raw.strip("/").split("/") if part]


def segments_of_extension(raw: str) -> list[str]:
    """Split a path as the Durable extension does: the server has decoded it, and it is decoded once more.

    So an encoded slash separates segments, ``%25`` may begin another code, and a plus is a space. Raises: PathError.
    """
    text = unquote(encoded(decoded(raw)).replace("+", " "))
    return [part for part in text.split("/") if part]


def encoded(path: str) -> str:
    """Encode a decoded path like ``PathString`` of ASP.NET: text that looks encoded is unchanged."""
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", path)
    return "".join(piece if index % 2 else quote(piece, safe=_PATH_SAFE) for index, piece in enumerate(pieces))


def unescaped(text: str) -> str:
    """Decode a part of a query; bytes that are no UTF-8 stay encoded."""
    return _ENCODED.sub(lambda match: _decoded_run(match[0], ""), text)


def _decoded_run(encoded_run: str, kept: str) -> str:
    """Decode one run of encoded bytes, character by character; *kept* characters stay encoded."""
    run = bytes.fromhex(encoded_run.replace("%", ""))
    text, at = "", 0
    while at < len(run):
        for size in (1, 2, 3, 4):
            try:
                character = run[at : at + size].decode()
            except UnicodeDecodeError:
                continue
            if len(character) == 1 and character != kept:
                text, at = text + character, at + size
                break
        else:
            text, at = text + encoded_run[3 * at : 3 * at + 3], at + 1
    return text


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4)."""
    segments = path.split("/")
    if "." not in segments and ".." not in segments:
        return path
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept) if len(kept) > 1 else "/"
