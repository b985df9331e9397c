"""What an orchestrator function gives back (host.md 1.4, 1.13)."""

import json
from dataclasses import dataclass, field
from typing import Any

MARKER = "\n\n$OutOfProcData$:"
MAX_CUSTOM_STATUS_BYTES = 16 * 1024


@dataclass(slots=True)
class Answer:
    """The action list so far and how the orchestrator stands; texts are JSON.

    ``crashed``: the SDK itself failed and told no actions; nothing more can be numbered.
    """

    actions: list[dict[str, Any]] = field(default_factory=list)
    crashed: bool = False
    is_done: bool = False
    output: str | None = None
    error: str | None = None
    custom_status: str | None = None


def read_answer(text: str) -> Answer:
    """Read the state that the SDK returned."""
    state = json.loads(text)
    actions = state["actions"]
    output, custom = state.get("output"), state.get("customStatus")
    return Answer(
        actions=actions[0] if actions else [],
        is_done=state["isDone"],
        output=None if output is None else json.dumps(output),
        error=state.get("error"),
        custom_status=None if custom is None else json.dumps(custom),
    )


def read_failure(error: BaseException) -> Answer:
    """Read what an orchestrator raised: the SDK packs its state behind a marker."""
    message, marker, packed = str(error).partition(MARKER)
    if not marker:
        text = f"Result: Failure\nException: {type(error).__name__}: {message}"
        return Answer(error=text, crashed=True)
    answer = read_answer(packed)
    answer.error = answer.error or message
    return answer


def too_long(custom_status: str | None) -> bool:
    """Tell whether a custom status is over the 16 KB of UTF-16 that Azure stores."""
    if custom_status is None or len(custom_status) * 2 <= MAX_CUSTOM_STATUS_BYTES:
        return False
    return len(json.dumps(json.loads(custom_status), ensure_ascii=False)) * 2 > (MAX_CUSTOM_STATUS_BYTES)
