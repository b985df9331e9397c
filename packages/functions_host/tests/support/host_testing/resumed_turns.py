"""One orchestration that the host's executor runs, in memory from turn to turn."""

from collections.abc import Callable

from azure.durable_functions.orchestrator import Orchestrator
from functions_host.durable.orchestrator_executor import OrchestratorExecutor
from functions_host.durable.resumable import Resumable
from functions_host.durable.turn import Turn
from functions_host.functions.indexer import Binding, Function
from functions_host.functions.signature import Signature
from functions_host.storage.state import Message

from host_testing.random_orchestrators import Generated
from host_testing.random_turns import RandomTurns

Evicts = Callable[[], bool]


def function(orchestrator: Generated) -> Function:
    call = Orchestrator.create(orchestrator)
    trigger = Binding("context", "orchestrationTrigger", 0, {})
    return Function(
        "main", call, False, trigger, (trigger,), Signature(wants_context=False, converters={}), None, "here"
    )


class ResumedTurns(RandomTurns):
    """Turns whose orchestrator stays in memory, unless *evicts* returns true before a turn."""

    def __init__(
        self, orchestrator: Generated, seed: int, evicts: Evicts, *, oracle: bool = False, resumes_all: bool = True
    ) -> None:
        super().__init__(orchestrator, seed)
        self.evicts = evicts
        self.executor = OrchestratorExecutor(
            {"main": function(orchestrator)}, keeps=True, debug_oracle=oracle, resumes_all=resumes_all
        )
        self.resumable: Resumable | None = None
        self.resumed = 0

    def run(self, turn: Turn, messages: list[Message]) -> None:
        before = None if self.evicts() else self.resumable
        self.resumable = self.executor.run(turn, messages, before, lambda: self.state.past or "")
        self.resumed += before is not None
