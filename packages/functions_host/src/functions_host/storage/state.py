"""State that a turn reads and changes: plain rows, no I/O."""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import NamedTuple

LIVE = ("Running", "Pending", "Suspended")
TERMINAL = ("Completed", "Failed", "Terminated")
_STATUSES = {one.lower(): one for one in (*LIVE, *TERMINAL, "ContinuedAsNew", "Canceled", "Unknown")}


def statuses_of(text: str) -> tuple[str, ...]:
    """Read statuses between commas, without regard to case; ``ValueError`` names an unknown one."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word.lower() not in _STATUSES]
    if unknown:
        known = ", ".join((*LIVE, *TERMINAL))
        raise ValueError(f"{unknown[0]!r} is not a status; the statuses are {known}")
    return tuple(_STATUSES[word.lower()] for word in words)


class Message(NamedTuple):
    """One row of an instance's inbox; ``body`` is the history event it becomes.

    ``execution_id`` None fits any execution, ``task_id`` None answers no task.
    """

    n: int
    id: str
    execution_id: str | None
    due_us: int
    type: int
    name: str | None
    task_id: int | None
    body: str
    held: int = 0


class Node(NamedTuple):
    """A task that the orchestrator waits for; only open ones are kept.

    ``kind`` is task, sub, timer, retrytimer or entity; ``attempt`` 0 means without retry;
    ``last`` marks the timer after the last attempt; ``body`` is JSON with what to run again.
    """

    event_id: int
    kind: str
    path: str
    attempt: int = 0
    max_attempts: int = 0
    retry_us: int = 0
    last: int = 0
    body: str = ""


@dataclass(slots=True)
class Instance:
    """One orchestration read from its row, with the stored JSON texts."""

    id: str
    execution_id: str
    name: str
    version: str | None
    status: str
    input: str | None
    output: str | None
    custom_status: str | None
    failure: str | None
    created_us: int
    updated_us: int
    start_at_us: int | None
    parent_id: str | None
    parent_execution_id: str | None
    parent_task_id: int | None
    turn: int = 0
    next_id: int = 0
    n_top: int = 0
    n_hist: int = 0
    waits: str | None = None
    done_pending: str | None = None
    clock_us: int = 0
    trace: str | None = None
    tags: str | None = None

    def copy(self) -> "Instance":
        """Return a copy; every turn makes one, and ``copy.copy`` takes 20 times as long."""
        return Instance(*_values(self))


_values = attrgetter(*(f.name for f in fields(Instance)))


@dataclass(slots=True)
class Snapshot:
    """An instance between two turns: its row, its open nodes and its history so far."""

    row: Instance
    nodes: dict[int, Node]
    waits: dict[str, int]  # event name -> waits that no event has answered yet
    past: str | None  # the played history, events joined with commas; None: only the store has it
    gate: tuple[frozenset[int], ...] = ()  # if the last entry is a WhenAny: the tasks of each of its children


class Task(NamedTuple):
    """One activity to run; ``input`` is JSON text."""

    id: str
    execution_id: str
    event_id: int
    name: str
    input: str


class EntityCall(NamedTuple):
    """One operation for an entity; without ``reply_id`` it is a signal."""

    name: str
    key: str
    op: str
    input: str | None
    is_signal: int
    guid: str
    reply_id: str | None
    reply_execution_id: str | None
    reply_task_id: int | None


@dataclass(slots=True)
class Effects:
    """All that one turn changes; committed whole or not at all."""

    id: str
    turn: int  # the row's turn before
    row: Instance
    events: list[tuple[str, int, int, int, int, str]] = field(default_factory=list)
    opened: list[Node] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    inbox: list[Message] = field(default_factory=list)
    children: list[Instance] = field(default_factory=list)
    entity_calls: list[EntityCall] = field(default_factory=list)
    consumed: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    discarded: str | None = None  # the execution whose history is removed (continue-as-new)
    ended: bool = False
    after: Snapshot | None = None  # the state to keep in memory once committed
    wake_again: bool = False
    warnings: list[str] = field(default_factory=list)  # about this instance
    lint: set[str] = field(default_factory=set)  # about its orchestrator: logged once for each name
