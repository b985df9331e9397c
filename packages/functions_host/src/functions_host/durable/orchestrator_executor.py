"""Calls orchestrator functions: resumed where they stayed in memory, else replayed.

Azure replays an orchestrator of Python at every turn. One that stays in memory is replayed here at its second, fourth,
eighth turn and so on, and at the end of each execution, so that a replay that goes another way shows as it does there:
every piece of code runs twice at least, and all replays of an instance together cost what its turns cost once or twice.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import azure.functions as func

from functions_host.durable.determinism import NonDeterministicError
from functions_host.durable.orchestrator_result import (
    OrchestratorResult,
    parse_failure,
    parse_result,
    unreadable_input,
)
from functions_host.durable.resumable import Resumable, can_resume
from functions_host.durable.sdk_oracle import check
from functions_host.durable.turn import Turn
from functions_host.functions.failures import source_location
from functions_host.functions.indexer import Function
from functions_host.log import log_event
from functions_host.log_format import current_function
from functions_host.settings.versions import MISMATCH
from functions_host.storage.state import TERMINAL, Message

ReadPast = Callable[[], str]
"""Returns the played history before a turn, events joined with commas."""


class CannotRunError(Exception):
    """The orchestrator is not there or cannot be called; the instance waits and tries again."""


class OrchestratorExecutor:
    """Executes the orchestrator of a turn; with ``debug_oracle`` in the bare SDK too, to compare.

    *resumes_all*: those in memory are resumed at every turn.
    """

    def __init__(
        self,
        orchestrators: Mapping[str, Function],
        *,
        keeps: bool,
        debug_oracle: bool,
        app: Path = Path(),
        resumes_all: bool = False,
    ) -> None:
        self._orchestrators, self._keeps, self._debug_oracle = orchestrators, keeps, debug_oracle
        self._app, self._resumes_all = app, resumes_all

    def run(
        self, turn: Turn, messages: Sequence[Message], resumable: Resumable | None, read_past: ReadPast
    ) -> Resumable | None:
        """Carry *turn* from its messages to its effects; return the orchestrator if the next turn can resume it."""
        mismatch = _mismatch(turn)
        if not turn.begin(messages):
            turn.finish(None)
        elif mismatch is not None:
            turn.fail(mismatch)
        else:
            resumable = self._execute(turn, resumable, read_past)
        if resumable is not None:
            resumable.add_events(turn.later_events)
        return resumable

    def _execute(self, turn: Turn, resumable: Resumable | None, read_past: ReadPast) -> Resumable | None:
        function = self._function(turn.row.name)
        try:
            result, resumable = self._call(function, turn, resumable, read_past)
        except NonDeterministicError as error:
            turn.fail(str(error), error.left)
            self._warn(turn, error.__cause__)
            return None
        body = turn.context(read_past()) if self._debug_oracle else ""
        turn.finish(result)
        self._warn(turn, result.raised)
        if self._debug_oracle and turn.row.input != "":  # the empty text is not passed to the function
            check(function, body, turn, result, resumable)
        resumes = resumable is not None and not turn.is_over and resumable.matches(turn.row)
        return resumable if resumes else None

    def _warn(self, turn: Turn, raised: BaseException | None) -> None:
        """Let the log have where user code has raised."""
        location = source_location(raised, self._app) if raised is not None else ""
        if location and not turn.before.row.done_pending:  # later turns raise it again
            turn.effects.warnings.append(f"its orchestrator raised at {location}")

    def _function(self, name: str) -> Function:
        function = self._orchestrators.get(name.casefold())
        if function is None:
            raise CannotRunError(f"the app has no orchestrator {name!r}")
        return function

    def _call(
        self, function: Function, turn: Turn, resumable: Resumable | None, read_past: ReadPast
    ) -> tuple[OrchestratorResult, Resumable | None]:
        """Call the function, or resume it; an exception of user code is a result too. Raises: NonDeterministicError."""
        if turn.row.input == "":
            return unreadable_input(function.name), None
        token = current_function.set(function.name)
        try:
            if resumable is not None and not self._replays(turn):
                result = self._resume(function, turn, resumable, read_past)
                if result is not None and (self._resumes_all or not resumable.has_ended):
                    return result, resumable
            return self._replay(function, turn.context(read_past()))
        except (SystemExit, KeyboardInterrupt) as error:  # meant for the process; here it fails the orchestration
            return parse_failure(error), None
        finally:
            current_function.reset(token)

    def _replays(self, turn: Turn) -> bool:
        """Return whether this turn is the second, fourth, eighth ... of its instance."""
        return not self._resumes_all and turn.before.row.turn & (turn.before.row.turn + 1) == 0

    def _resume(
        self, function: Function, turn: Turn, resumable: Resumable, read_past: ReadPast
    ) -> OrchestratorResult | None:
        """Continue in memory; None if the SDK crashed, so that a replay has to decide."""
        try:
            return resumable.resume(turn.new_events, lambda: _events(turn, read_past))
        except Exception as error:  # noqa: BLE001 - whatever it is, a replay shows what it means
            log_event("turn", f"{turn.row.id} is replayed: {error}", logging.DEBUG, name=function.name)
            return None

    def _replay(self, function: Function, body: str) -> tuple[OrchestratorResult, Resumable | None]:
        if can_resume(function.call):
            fresh = Resumable(function.call, body)
            return fresh.replay(), fresh if self._keeps else None
        try:
            return parse_result(function.call(**{function.trigger.name: func.OrchestrationContext(body)})), None
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            return parse_failure(error), None


def _mismatch(turn: Turn) -> str | None:
    """Word why an instance of another version fails, if it does; raise ``CannotRunError`` where it has to wait.

    It waits with all its messages: DurableTask.Core looks at the version before it reads them, also a termination.
    """
    versioning, version = turn.rules.versioning, turn.row.version
    if turn.row.status in TERMINAL or versioning.accepts(version):
        return None
    if not versioning.fails:
        raise CannotRunError(versioning.mismatch(version))
    return MISMATCH


def _events(turn: Turn, read_past: ReadPast) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(turn.context(read_past()))["history"]
    return events
