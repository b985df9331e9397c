"""The parameters of a management request: path, query, headers and body (docs/notes.md 2.3)."""

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from functions_host.storage.reads import Filter
from functions_host.storage.state import Instance, statuses_of
from functions_host.timestamps import parse_us

PAGE = 100  # instances in a list without ``top``, as on Azure
TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
_MAX_TOP = 1_000_000
_MAX_ID = 100
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


class BadRequestError(Exception):
    """The request gets 400 with this reason."""


def query_value(request: web.BaseRequest, name: str, default: str = "") -> str:
    """Read a query parameter; its name matches without regard to case, as .NET's do."""
    return next((value for key, value in request.query.items() if key.lower() == name.lower()), default)


def presented_key(request: web.BaseRequest) -> str:
    """Return the key of a request: the header first, else ``code``; "" without one."""
    return request.headers.get("x-functions-key") or query_value(request, "code")


def flag(request: web.BaseRequest, name: str, *, default: bool = False) -> bool:
    """Read true or false; anything else counts as absent."""
    return {"true": True, "false": False}.get(query_value(request, name).strip().lower(), default)


def wait_limits(request: web.BaseRequest) -> tuple[float, float] | None:
    """Read ``timeout`` and ``pollingInterval`` (seconds); None without a timeout."""
    if not query_value(request, "timeout"):
        return None
    timeout, pause = _number(request, "timeout", 10.0), _number(request, "pollingInterval", 1.0)
    if query_value(request, "pollingInterval") and pause > timeout:
        raise BadRequestError(f"Total timeout {timeout:g} should be bigger than retry timeout {pause:g}")
    return timeout, pause


def instance_filter(request: web.BaseRequest) -> Filter:
    """Read which instances to list or purge."""
    since_us, until_us = time_range(request, "createdTimeFrom", "createdTimeTo")
    return Filter(
        created_from_us=since_us,
        created_to_us=until_us,
        statuses=_statuses(request),
        prefix=query_value(request, "instanceIdPrefix"),
        after=_after(request.headers.get(TOKEN, "")),
    )


def _statuses(request: web.BaseRequest) -> tuple[str, ...]:
    given = [value for name, value in request.query.items() if name.lower() == "runtimestatus"]
    try:
        return statuses_of(",".join(given))
    except ValueError as error:
        raise BadRequestError(f"a filter cannot be read: {error}") from error


def _after(token: str) -> tuple[int, str] | None:
    """Read where a list continues; with an unknown token it begins again."""
    created, _, last = token.partition("|")
    return (int(created), unquote(last)) if _MICROSECONDS.fullmatch(created) else None


def time_range(request: web.BaseRequest, since: str, until: str) -> tuple[int | None, int | None]:
    """Read two moments of the query (microseconds); what cannot be read is an error."""
    try:
        first, last = (_padded(query_value(request, name)) for name in (since, until))
        return parse_us(first) if first else None, parse_us(last) if last else None
    except ValueError as error:
        raise BadRequestError(f"a filter cannot be read: {error}") from error


def _padded(text: str) -> str:
    """Pad a year before 1000 to four digits: Python's strftime, which the SDK uses, omits the zeros."""
    year, dash, rest = text.partition("-")
    return f"{year:0>4}{dash}{rest}" if year.isdigit() else text


def page_size(request: web.BaseRequest) -> int:
    """Read how many rows a page of a list may have."""
    text = query_value(request, "top")
    return min(int(text), _MAX_TOP) if text.isdecimal() and int(text) > 0 else PAGE


def token_after(row: Instance) -> str:
    """Return the token with which a list continues after an instance."""
    return f"{row.created_us}|{quote(row.id)}"


def stored_input(body: bytes) -> str | None:
    """Convert the body of a start to what the SDK can read (docs/notes.md 1.15).

    An object is kept; so is a string that holds JSON, which the Python client sends. Anything else becomes a string of
    JSON, since ``get_input`` reads strings only.
    """
    if not body.strip():
        return None
    value: Any = json_of(body)
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(json.dumps(value))
        return json.dumps(value)
    return json.dumps(json.dumps(value))


def json_of(body: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a body as JSON."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadRequestError(f"Invalid JSON content: {error}") from error


def checked_id(given: str) -> str:
    """Return a valid instance id; the rules are those of Azure's extension."""
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


def _number(request: web.BaseRequest, name: str, default: float) -> float:
    try:
        return float(query_value(request, name) or default)
    except ValueError as error:
        raise BadRequestError(f"{name} must be a number of seconds") from error
