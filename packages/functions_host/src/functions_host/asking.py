"""Asks orchestrator functions what comes next: resumed where they stayed in memory, else replayed."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import azure.functions as func

from functions_host.answer import Answer, read_answer, read_failure
from functions_host.indexer import Function
from functions_host.lines import current_function
from functions_host.log import say
from functions_host.oracle import check
from functions_host.places import place_of
from functions_host.resuming import Resumable, can_resume
from functions_host.state import Message
from functions_host.turn import Turn

ReadPast = Callable[[], str]
"""Gives the played history before a turn, events joined with commas."""


class CannotRunError(Exception):
    """The orchestrator is not there or cannot be called; the instance waits and tries again."""


class Asker:
    """Puts a turn's question to the orchestrator; with ``debug_oracle`` to the bare SDK too."""

    def __init__(
        self, orchestrators: Mapping[str, Function], *, keeps: bool, debug_oracle: bool, app: Path = Path()
    ) -> None:
        self._orchestrators, self._keeps, self._debug_oracle = orchestrators, keeps, debug_oracle
        self._app = app

    def run(
        self, turn: Turn, messages: Sequence[Message], resumable: Resumable | None, read_past: ReadPast
    ) -> Resumable | None:
        """Carry *turn* from its messages to its effects; return what can be resumed in the next one."""
        if not turn.begin(messages):
            turn.finish(None)
        elif mismatch := _mismatch(turn):
            turn.refuse(mismatch)
        else:
            resumable = self._question(turn, resumable, read_past)
        if resumable is not None:
            resumable.see(turn.later_events)
        return resumable

    def _question(self, turn: Turn, resumable: Resumable | None, read_past: ReadPast) -> Resumable | None:
        function = self._function(turn.row.name)
        answer, resumable = self._ask(function, turn, resumable, read_past)
        body = turn.context(read_past()) if self._debug_oracle else ""
        turn.finish(answer)
        place = place_of(answer.raised, self._app) if answer.raised is not None else ""
        if place and not turn.before.row.done_pending:  # later turns raise it again
            turn.effects.warnings.append(f"its orchestrator raised at {place}")
        if self._debug_oracle:
            check(function, body, turn, answer, resumable)
        stands = resumable is not None and not turn.is_over and resumable.stands_at(turn.row)
        return resumable if stands else None

    def _function(self, name: str) -> Function:
        function = self._orchestrators.get(name.casefold())
        if function is None:
            raise CannotRunError(f"the app has no orchestrator {name!r}")
        return function

    def _ask(
        self, function: Function, turn: Turn, resumable: Resumable | None, read_past: ReadPast
    ) -> tuple[Answer, Resumable | None]:
        """Call the function, or go on in it; what user code raises is an answer too."""
        token = current_function.set(function.name)
        try:
            if resumable is not None:
                try:
                    return resumable.resume(turn.news, lambda: _events(turn, read_past)), resumable
                except Exception as error:  # noqa: BLE001 - whatever it is, a replay tells what it means
                    say("turn", f"{turn.row.id} is replayed: {error}", logging.DEBUG, name=function.name)
            body = turn.context(read_past())
            if self._keeps and can_resume(function.call):
                fresh = Resumable(function.call, body)
                return fresh.replay(), fresh
            return _call(function, body), None
        except (SystemExit, KeyboardInterrupt) as error:  # meant for the process; it fails who raised it
            return read_failure(error), None
        finally:
            current_function.reset(token)


def _mismatch(turn: Turn) -> str | None:
    """Word why an instance of another version fails, if it does; raise where it is to wait."""
    versioning, version = turn.rules.versioning, turn.row.version
    if versioning.accepts(version):
        return None
    if not versioning.fails:
        raise CannotRunError(versioning.mismatch(version))
    return versioning.mismatch(version)


def _call(function: Function, body: str) -> Answer:
    try:
        return read_answer(function.call(**{function.trigger.name: func.OrchestrationContext(body)}))
    except Exception as error:  # noqa: BLE001 - user code may raise anything
        return read_failure(error)


def _events(turn: Turn, read_past: ReadPast) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(turn.context(read_past()))["history"]
    return events
