"""The parameters of a management request: path, query, headers and body (docs/notes.md 2.3)."""

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from functions_host.http.refusals import BadRequestError, read_json
from functions_host.storage.reads import Filter
from functions_host.storage.state import Instance, statuses_of
from functions_host.timestamps import parse_us

PAGE = 100  # instances in a list without ``top``, as on Azure
TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
_MAX_TOP = 1_000_000
_MAX_ID = 100
_NUMBERED = {
    "0": "Running", "1": "Completed", "2": "ContinuedAsNew", "3": "Failed", "4": "Canceled", "5": "Terminated",
    "6": "Pending", "7": "Suspended",
}  # fmt: skip
_AFTER = "after|"


def query_value(request: web.BaseRequest, name: str, default: str = "") -> str:
    """Read a query parameter; its name matches without regard to case, as .NET's do."""
    return next((value for key, value in request.query.items() if key.lower() == name.lower()), default)


def presented_key(request: web.BaseRequest) -> str:
    """Return the key of a request: the header first, else ``code``; "" without one."""
    return request.headers.get("x-functions-key") or query_value(request, "code")


def flag(request: web.BaseRequest, name: str, *, default: bool = False) -> bool:
    """Read true or false; anything else counts as absent."""
    return {"true": True, "false": False}.get(query_value(request, name).strip().lower(), default)


def wait_limits(request: web.BaseRequest, *, lenient: bool = False) -> tuple[float, float] | None:
    """Read ``timeout`` and ``pollingInterval`` (seconds); None without a timeout.

    *lenient*: None also where one of them is no number or is not there, as on Azure.
    """
    if not query_value(request, "timeout"):
        return None
    if lenient and not all(_is_number(query_value(request, name)) for name in ("timeout", "pollingInterval")):
        return None
    timeout, pause = _number(request, "timeout", 10.0), _number(request, "pollingInterval", 1.0)
    if query_value(request, "pollingInterval") and pause > timeout:
        raise BadRequestError(f"Total timeout {timeout:g} should be bigger than retry timeout {pause:g}")
    return timeout, pause


def instance_filter(request: web.BaseRequest, *, lenient: bool = False) -> Filter:
    """Read which instances to list or purge; *lenient*: unreadable values are ignored, like on Azure."""
    since_us, until_us = time_range(request, "createdTimeFrom", "createdTimeTo", lenient=lenient)
    return Filter(
        created_from_us=since_us,
        created_to_us=until_us,
        statuses=_statuses(request, lenient=lenient),
        prefix=query_value(request, "instanceIdPrefix"),
        after_id=_after(request.headers.get(TOKEN, "")),
    )


def _statuses(request: web.BaseRequest, *, lenient: bool) -> tuple[str, ...]:
    given = [value for name, value in request.query.items() if name.lower() == "runtimestatus"]
    if lenient:  # an enumeration of .NET, by its names or numbers
        words = [word.strip() for value in given for word in value.split(",")]
        return tuple(_NUMBERED.get(word, word) for word in words if _NUMBERED.get(word, word) in _NUMBERED.values())
    try:
        return statuses_of(",".join(given))
    except ValueError as error:
        raise BadRequestError(f"a filter cannot be read: {error}") from error


def _after(token: str) -> str | None:
    """Read the id after which a list continues; with an unknown token it begins again."""
    return unquote(token.removeprefix(_AFTER)) if token.startswith(_AFTER) else None


def time_range(
    request: web.BaseRequest, since: str, until: str, *, lenient: bool = False
) -> tuple[int | None, int | None]:
    """Read two moments of the query (microseconds); an unreadable one is an error, or ignored if *lenient*."""
    return _moment(request, since, lenient=lenient), _moment(request, until, lenient=lenient)


def _moment(request: web.BaseRequest, name: str, *, lenient: bool) -> int | None:
    text = _padded(query_value(request, name))
    try:
        return parse_us(text) if text else None
    except ValueError as error:
        if lenient:
            return None
        raise BadRequestError(f"a filter cannot be read: {error}") from error


def _padded(text: str) -> str:
    """Pad a year before 1000 to four digits: Python's strftime, which the SDK uses, omits the zeros."""
    year, dash, rest = text.partition("-")
    return f"{year:0>4}{dash}{rest}" if year.isdigit() else text


def page_size(request: web.BaseRequest) -> int:
    """Read how many rows a page of a list may have; a page of none has a token."""
    text = query_value(request, "top")
    return min(int(text), _MAX_TOP) if text.isdecimal() else PAGE


def token_of(rows: list[Instance], top: int) -> str:
    """Return the token with which a list continues after a page; "" if *rows* has nothing after it."""
    if len(rows) <= top:
        return ""
    return _AFTER + (quote(rows[top - 1].id) if top else "")


async def sent_input(request: web.BaseRequest, *, raw: bool) -> str | None:
    """Read the input of a start for storage; *raw*: as Azure's host stores it, also if the SDK cannot read it.

    There, a body that comes without its length is the empty text, which fails every turn.
    """
    body = await request.read()
    if not raw:
        return stored_input(body)
    if not body:
        return None if request.headers.get("Content-Length") == "0" else ""
    read_json(body)
    return body.decode()


def stored_input(body: bytes) -> str | None:
    """Convert the body of a start to text that the SDK can read (docs/notes.md 1.15).

    An object is kept; so is a string that holds JSON, which the Python client sends. Anything else becomes a string of
    JSON, since ``get_input`` reads strings only.
    """
    if not body.strip():
        return None
    value: Any = read_json(body)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(json.dumps(value))
        return json.dumps(value)
    return json.dumps(json.dumps(value))


def checked_id(given: str) -> str:
    """Return a valid instance id; the rules are in Azure's documentation, and its host does not enforce them."""
    if not 1 <= len(given) <= _MAX_ID:
        raise BadRequestError(f"Instance ids are 1 to {_MAX_ID} characters long.")
    if given.startswith("@"):
        raise BadRequestError("Instance ids must not start with '@'.")
    if not has_valid_characters(given):
        raise BadRequestError("Instance ids must not hold / \\ # ? or control characters.")
    return given


def has_valid_characters(text: str) -> bool:
    """Return whether a text has only characters that ids and entity keys may have."""
    return not any(one in "/\\#?" or ord(one) < 32 or 127 <= ord(one) < 160 for one in text)  # noqa: PLR2004


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) is not None


def _number(request: web.BaseRequest, name: str, default: float) -> float:
    try:
        return float(query_value(request, name) or default)
    except ValueError as error:
        raise BadRequestError(f"{name} must be a number of seconds") from error
