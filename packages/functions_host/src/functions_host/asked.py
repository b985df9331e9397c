"""What a management request asks for, read from its path, query, headers and body (host.md 2.3)."""

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from functions_host.events import parse_us
from functions_host.reads import Filter
from functions_host.state import Instance, statuses_of

PAGE = 100  # instances in a list when nobody says ``top``, as on Azure
TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header
_MOST = 1_000_000
_MAX_ID = 100
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


class RefusedError(Exception):
    """A request that gets 400 with the reason."""


def given(request: web.BaseRequest, name: str, default: str = "") -> str:
    """Read a query parameter; its name matches without regard to case, as .NET's do."""
    return next((value for key, value in request.query.items() if key.lower() == name.lower()), default)


def presented_key(request: web.BaseRequest) -> str:
    """Return the key of a request: the header first, else ``code``; "" without one."""
    return request.headers.get("x-functions-key") or given(request, "code")


def flag(request: web.BaseRequest, name: str, *, default: bool = False) -> bool:
    """Read true or false; anything else counts as not said."""
    return {"true": True, "false": False}.get(given(request, name).strip().lower(), default)


def wait_of(request: web.BaseRequest) -> tuple[float, float] | None:
    """Read ``timeout`` and ``pollingInterval`` (seconds): who wants to wait gives the first at least."""
    if not given(request, "timeout"):
        return None
    timeout, pause = _number(request, "timeout", 10.0), _number(request, "pollingInterval", 1.0)
    if given(request, "pollingInterval") and pause > timeout:
        raise RefusedError(f"Total timeout {timeout:g} should be bigger than retry timeout {pause:g}")
    return timeout, pause


def filter_of(request: web.BaseRequest) -> Filter:
    """Read which instances are meant."""
    since_us, until_us = filter_times(request, "createdTimeFrom", "createdTimeTo")
    return Filter(
        created_from_us=since_us,
        created_to_us=until_us,
        statuses=_statuses(request),
        prefix=given(request, "instanceIdPrefix"),
        after=_after(request.headers.get(TOKEN, "")),
    )


def _statuses(request: web.BaseRequest) -> tuple[str, ...]:
    said = [value for name, value in request.query.items() if name.lower() == "runtimestatus"]
    try:
        return statuses_of(",".join(said))
    except ValueError as error:
        raise RefusedError(f"a filter cannot be read: {error}") from error


def _after(token: str) -> tuple[int, str] | None:
    """Read where a list goes on; a token that is none of ours begins it anew."""
    created, _, last = token.partition("|")
    return (int(created), unquote(last)) if _MICROSECONDS.fullmatch(created) else None


def filter_times(request: web.BaseRequest, since: str, until: str) -> tuple[int | None, int | None]:
    """Read two moments of the query (microseconds); what cannot be read is refused, not ignored."""
    try:
        first, last = (_padded(given(request, name)) for name in (since, until))
        return parse_us(first) if first else None, parse_us(last) if last else None
    except ValueError as error:
        raise RefusedError(f"a filter cannot be read: {error}") from error


def _padded(text: str) -> str:
    """Give a year before 1000 its four digits: Python's strftime, which the SDK uses, leaves zeros out."""
    year, dash, rest = text.partition("-")
    return f"{year:0>4}{dash}{rest}" if year.isdigit() else text


def top_of(request: web.BaseRequest) -> int:
    """Read how long a page of a list may be."""
    text = given(request, "top")
    return min(int(text), _MOST) if text.isdecimal() and int(text) > 0 else PAGE


def token_after(row: Instance) -> str:
    """Write the token with which a list goes on after an instance."""
    return f"{row.created_us}|{quote(row.id)}"


def stored_input(body: bytes) -> str | None:
    """Bring a start's body into the form that the SDK can read (host.md 1.15).

    An object stays; a string that holds JSON is what the Python client sends and stays too;
    anything else becomes a string of JSON, since ``get_input`` reads strings only.
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
        raise RefusedError(f"Invalid JSON content: {error}") from error


def checked_id(wanted: str) -> str:
    """Return an instance id that may be used; the rules are the extension's."""
    if not 1 <= len(wanted) <= _MAX_ID:
        raise RefusedError(f"Instance ids are 1 to {_MAX_ID} characters long.")
    if wanted.startswith("@"):
        raise RefusedError("Instance ids must not start with '@'.")
    if not fit_for_ids(wanted):
        raise RefusedError("Instance ids must not hold / \\ # ? or control characters.")
    return wanted


def fit_for_ids(text: str) -> bool:
    """Tell whether a text has none of the characters that ids and entity keys may not hold."""
    return not any(one in "/\\#?" or ord(one) < 32 or 127 <= ord(one) < 160 for one in text)  # noqa: PLR2004


def _number(request: web.BaseRequest, name: str, default: float) -> float:
    try:
        return float(given(request, name) or default)
    except ValueError as error:
        raise RefusedError(f"{name} must be a number of seconds") from error
