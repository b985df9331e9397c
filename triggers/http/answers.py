"""The exit of every answer, and the check of ``If-None-Match`` against the version that a client has.

Microsoft's host answers 500 instead where a header has another character, of Latin-1 or not (docs/func.md). What is the
same on every answer, the host's own too, is in host.json.
"""

import string
from collections.abc import Mapping
from urllib.parse import quote

import azure.functions as func


def is_held(etag: str, if_none_match: str | None) -> bool:
    """Return whether *if_none_match* names *etag* or is ``*``; weak and strong tags are equal here."""
    named = [_opaque(each) for each in (if_none_match or "").split(",")]
    return named == ["*"] or _opaque(etag) in named


def _opaque(etag: str) -> str:
    return etag.strip().removeprefix("W/")


_PLAIN = string.punctuation + " "
_IN_A_NAME = "!#$&+-.^_`|~"  # attr-char of RFC 5987
_QUOTED = str.maketrans({"\\": "_", '"': "_", "%": "_"})  # browsers do not agree on escapes


def http_response(
    body: str | bytes | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    kind: str | None = None,
) -> func.HttpResponse:
    """Return a response for the host to send. *kind*: the media type, where no header says it."""
    clean = {name: _ascii(value) for name, value in (headers or {}).items()}
    return func.HttpResponse(body, status_code=int(status), headers=clean, mimetype=kind)


def attachment(name: str) -> str:
    """Return the Content-Disposition of a file that is kept under *name* (RFC 6266).

    Clients that do not know ``filename*`` (RFC 5987) get the name with ``_`` for what is not ASCII.
    """
    plain = "".join(each if each.isascii() and each.isprintable() else "_" for each in name).translate(_QUOTED)
    disposition = f'attachment; filename="{plain}"'
    if plain == name:
        return disposition
    return f"{disposition}; filename*=UTF-8''{quote(name, safe=_IN_A_NAME, errors='replace')}"


def _ascii(value: str) -> str:
    """Return a header's value; characters that may not stand in one are percent-encoded, as in an address."""
    return value if value.isascii() and value.isprintable() else quote(value, safe=_PLAIN, errors="replace")
