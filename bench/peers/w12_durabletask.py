"""W12 on durabletask's in-memory backend, worker and backend in one process, as its tests run it.

``python w12_durabletask.py USERS`` prints {"seconds", "cpu", "users"}: from the start of the root to its end.
The backend forgets a child that takes over 30 s (its "no timeout" becomes 30 s): that one line is put right here.
"""

import json
import logging
import sys
import time
from collections.abc import Generator
from datetime import timedelta
from socket import socket
from typing import Any

from durabletask import task  # type: ignore[import-not-found] # it is in .tools/peers only
from durabletask.client import TaskHubGrpcClient  # type: ignore[import-not-found]
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend  # type: ignore[import-not-found]
from durabletask.worker import TaskHubGrpcWorker  # type: ignore[import-not-found]
from w12 import ACTIVITIES, GROUP  # type: ignore[import-not-found] # bench/engine_app is on the path

Steps = Generator[Any, Any, Any]
_LONG_SECONDS = 3600.0


class _Backend(InMemoryOrchestrationBackend):  # type: ignore[misc]
    def _wait_for_state(self, instance_id: str, predicate: object, timeout: float | None = None) -> object:
        return super()._wait_for_state(instance_id, predicate, timeout or _LONG_SECONDS)


def nothing(_context: object, payload: dict[str, int]) -> dict[str, Any]:
    """Do nothing; fail on the first attempt of every twentieth call."""
    if payload["attempt"] == 1 and (payload["user"] * ACTIVITIES + payload["n"]) % 20 == 0:
        message = "once"
        raise ValueError(message)
    return {"id": payload["n"], "padding": "x" * 200}


def child(context: task.OrchestrationContext, user: int) -> Steps:
    """Call twelve activities, one after the other."""
    for n in range(ACTIVITIES):
        try:
            yield context.call_activity(nothing, input={"user": user, "n": n, "attempt": 1})
        except task.TaskFailedError:
            yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=1))
            yield context.call_activity(nothing, input={"user": user, "n": n, "attempt": 2})
    return 1


def group(context: task.OrchestrationContext, users: list[int]) -> Steps:
    """Start the children of one group."""
    done = yield task.when_all([context.call_sub_orchestrator(child, input=user) for user in users])
    return sum(done)


def root(context: task.OrchestrationContext, users: int) -> Steps:
    """Start the groups."""
    groups = [list(range(n, min(n + GROUP, users))) for n in range(0, users, GROUP)]
    done = yield task.when_all([context.call_sub_orchestrator(group, input=one) for one in groups])
    return sum(done)


def main(users: int) -> None:
    """Run it once, without its log: a line for every turn would be most of the work."""
    logging.disable(logging.WARNING)
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    backend = _Backend(port=port, max_history_size=1_000_000)
    backend.start()
    with TaskHubGrpcWorker(host_address=f"127.0.0.1:{port}") as worker:
        for orchestrator in (root, group, child):
            worker.add_orchestrator(orchestrator)
        worker.add_activity(nothing)
        worker.start()
        client = TaskHubGrpcClient(host_address=f"127.0.0.1:{port}")
        began, spent = time.monotonic(), time.process_time()
        instance = client.schedule_new_orchestration(root, input=users)
        state = client.wait_for_orchestration_completion(instance, timeout=int(_LONG_SECONDS))
        told = {"seconds": time.monotonic() - began, "cpu": time.process_time() - spent}
    print(json.dumps({**told, "users": json.loads(state.serialized_output)}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
