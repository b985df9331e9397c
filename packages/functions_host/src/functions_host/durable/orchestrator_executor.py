"""Calls orchestrator functions: resumed where they stayed in memory, else replayed."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import azure.functions as func

from functions_host.durable.orchestrator_result import OrchestratorResult, parse_failure, parse_result
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
    """Executes the orchestrator of a turn; with ``debug_oracle`` in the bare SDK too, to compare."""

    def __init__(
        self, orchestrators: Mapping[str, Function], *, keeps: bool, debug_oracle: bool, app: Path = Path()
    ) -> None:
        self._orchestrators, self._keeps, self._debug_oracle = orchestrators, keeps, debug_oracle
        self._app = app

    def run(
        self, turn: Turn, messages: Sequence[Message], resumable: Resumable | None, read_past: ReadPast
    ) -> Resumable | None:
        """Carry *turn* from its messages to its effects; return what can be resumed in the next one."""
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
        result, resumable = self._call(function, turn, resumable, read_past)
        body = turn.context(read_past()) if self._debug_oracle else ""
        turn.finish(result)
        location = source_location(result.raised, self._app) if result.raised is not None else ""
        if location and not turn.before.row.done_pending:  # later turns raise it again
            turn.effects.warnings.append(f"its orchestrator raised at {location}")
        if self._debug_oracle:
            check(function, body, turn, result, resumable)
        resumes = resumable is not None and not turn.is_over and resumable.matches(turn.row)
        return resumable if resumes else None

    def _function(self, name: str) -> Function:
        function = self._orchestrators.get(name.casefold())
        if function is None:
            raise CannotRunError(f"the app has no orchestrator {name!r}")
        return function

    def _call(
        self, function: Function, turn: Turn, resumable: Resumable | None, read_past: ReadPast
    ) -> tuple[OrchestratorResult, Resumable | None]:
        """Call the function, or resume it; what user code raises is a result too."""
        token = current_function.set(function.name)
        try:
            if resumable is not None:
                try:
                    return resumable.resume(turn.new_events, lambda: _events(turn, read_past)), resumable
                except Exception as error:  # noqa: BLE001 - whatever it is, a replay shows what it means
                    log_event("turn", f"{turn.row.id} is replayed: {error}", logging.DEBUG, name=function.name)
            body = turn.context(read_past())
            if self._keeps and can_resume(function.call):
                fresh = Resumable(function.call, body)
                return fresh.replay(), fresh
            return _replay(function, body), None
        except (SystemExit, KeyboardInterrupt) as error:  # meant for the process; here it fails the orchestration
            return parse_failure(error), None
        finally:
            current_function.reset(token)


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


def _replay(function: Function, body: str) -> OrchestratorResult:
    try:
        return parse_result(function.call(**{function.trigger.name: func.OrchestrationContext(body)}))
    except Exception as error:  # noqa: BLE001 - user code may raise anything
        return parse_failure(error)


def _events(turn: Turn, read_past: ReadPast) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(turn.context(read_past()))["history"]
    return events
