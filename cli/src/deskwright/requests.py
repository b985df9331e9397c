"""Requests that change something: the question before, one effect for each command, the operation after."""

import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deskwright import bodies, waiting
from deskwright.client import Answer
from deskwright.errors import RefusedError, UsageError
from deskwright.operations import Operation
from deskwright.session import Session
from deskwright.sign_in import is_terminal
from deskwright.tables import shown
from deskwright.terminal import agrees, say

_CREATED = 201
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Manner:
    """Options of a request. *wait*: None waits on a terminal; *seconds*: at most; *key*: an Idempotency-Key."""

    dry_run: bool = False
    yes: bool = False
    wait: bool | None = None
    seconds: float | None = None
    key: str | None = None
    if_match: str | None = None

    @property
    def waits(self) -> bool:
        """Whether to wait for the operation."""
        return sys.stderr.isatty() if self.wait is None else self.wait


def confirm(question: str, manner: Manner) -> None:
    """Ask before something begins. Raises: UsageError where nobody can be asked, click.Abort on no."""
    if manner.yes:
        return
    if not is_terminal():
        raise UsageError(question, advice="Nobody can be asked here: --yes says yes.")
    agrees(question, abort=True)


def send(
    session: Session,
    found: Operation,
    address: str,
    body: object,
    manner: Manner,
    query: Mapping[str, str] | None = None,
) -> Answer:
    """Send a change once, however often it has to be repeated. Raises: CommandError."""
    headers = key_header(manner) if found.keyed else {}
    if found.matched and manner.if_match:
        headers["If-Match"] = manner.if_match
    return session.client.ask(found.method, address, query=query, body=body, headers=headers)


def key_header(manner: Manner) -> dict[str, str]:
    """Return the header that gives a command one effect: the caller's own key, else a new one."""
    return {"Idempotency-Key": manner.key or f"deskwright-{uuid.uuid4()}"}


def send_confirmed(
    session: Session, found: Operation, address: str, body: object, manner: Manner, question: str
) -> Answer:
    """Send a request that the service refuses until it is confirmed: the refusal lists the losses."""
    if manner.yes:
        return send(session, found, address, body, manner, {"confirm": "true"})
    try:
        return send(session, found, address, body, manner)
    except RefusedError as refused:
        if refused.status != _CONFLICT or not any(name.startswith("would") for name in refused.details):
            raise
        for name, value in refused.details.items():
            say(f"{name}: {shown(value)}")
        confirm(question, manner)
    again = Manner(wait=manner.wait, seconds=manner.seconds, key=f"{manner.key}-confirmed" if manner.key else None)
    return send(session, found, address, body, again, {"confirm": "true"})


def show_request(session: Session, method: str, address: str, body: object) -> None:
    """Print a request that is not sent, without its secrets."""
    request: dict[str, Any] = {"method": method, "address": f"/api{address}"}
    if body is not None:
        request["body"] = bodies.masked(body)
    say("Nothing was sent.")
    session.output.item(request)


def finish(session: Session, answer: Answer, manner: Manner, columns: Sequence[str] = (), rows: str = "") -> None:
    """Wait for an operation that an answer has begun, if *manner* says so, and print the result. Raises: CommandError.

    *columns* and *rows*: of an answer that begins nothing, as ``Output.item`` has them.
    """
    begun = answer.operation
    made = answer.body if answer.status == _CREATED else None
    if begun is None:
        if answer.body is None:
            say("Done.")
        else:
            session.output.item(answer.body, columns, rows)
        return
    name = f"{_go_on(session, begun)}"
    if manner.waits:
        try:
            operation = waiting.wait(session.client, begun, seconds=manner.seconds, name=name)
        except BaseException:
            if made is not None:  # it is there, whatever became of the rest
                session.output.item(made)
            raise
    else:
        operation = answer.body if answer.status == 202 else session.client.ask("GET", begun).body  # noqa: PLR2004
        say(f"Requested. {name} waits for it.")
    session.output.item(made if made is not None else _without_steps(session, operation))


def _go_on(session: Session, begun: str) -> str:
    """Return the command with which to wait for an operation by hand."""
    identifier = begun.rpartition("/")[2]
    parts = begun.strip("/").split("/")
    tenant = f" --tenant {parts[1]}" if parts[0] == "tenants" else ""
    person = f" --as {session.person}" if session.person else ""
    if parts[0] == "me":
        return f"deskwright my operation {parts[2]} {identifier}{person}"
    bulk = " --bulk" if "bulkActions" in parts else ""
    return f"deskwright operation wait {identifier}{bulk}{tenant}{person}"


def _without_steps(session: Session, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an operation without the steps that people have just seen."""
    if not session.output.for_people:
        return operation
    return {name: value for name, value in operation.items() if name != "steps"}
