"""Findings of a replay: differences between the simulated cloud and Azure, and omitted parts."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from azure_simulator.core.requests import Reply

from packages.azure_simulator.tests.recorded.recordings import Exchange, code_of
from packages.azure_simulator.tests.recorded.values import differences

_MOST_MEMBERS_DEEP = 6
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass
class Findings:
    """Differences by class with the recordings that have them (`values`: those of values), and what was left out."""

    same: int = 0
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    left_out: Counter[str] = field(default_factory=Counter)
    recorded: dict[str, list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    ours: dict[str, list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    recording: str = ""
    """The name of the recording that is replayed now."""

    def note(self, difference: str) -> None:
        """Add a difference of the recording that is replayed now."""
        self.differences[difference].append(self.recording)

    def compare(self, exchange: Exchange, kind: str, reply: Reply) -> bool:
        """Compare status, error code and members; tell whether status and code are the recorded ones."""
        answer = answer_of(reply)
        if (reply.status, code_of(answer) if reply.status >= 400 else "") != (exchange.status, exchange.code):
            recorded = f"{exchange.status} {exchange.code}".strip()
            self.note(f"{exchange.method} {kind}: {recorded} -> {said(reply)}")
            return False
        self.same += 1
        shown = exchange.status < 300 and exchange.method in {"GET", "PUT", "PATCH", "POST"}
        if shown and isinstance(exchange.answer, dict) and "value" not in exchange.answer and isinstance(answer, dict):
            self.recorded[kind].append(set(members(exchange.answer)))
            self.ours[kind].append(set(members(answer)))
        return True

    def compare_values(self, exchange: Exchange, kind: str, recorded: Any, ours: Any) -> None:
        """Compare the values of an answer, after `recorded` was put into the words of the simulated cloud."""
        if exchange.status < 300:
            for each in differences(f"{exchange.method} {kind}", recorded, ours):
                self.values[each].append(self.recording)


def answer_of(reply: Reply) -> Any:
    """Return the JSON of an answer; None when it has none."""
    return json.loads(reply.body) if reply.body else None


def said(reply: Reply) -> str:
    """Return status and error code of an answer, as they are listed."""
    return f"{reply.status} {code_of(answer_of(reply)) if reply.status >= 400 else ''}".strip()


def type_of(path: str) -> str:
    """Return the type of a path, with the verb of a POST: `microsoft.compute/virtualmachines/start`."""
    before, marker, after = path.lower().rpartition("/providers/")
    if not marker:
        return "/".join(before.split("/")[1::2] or after.strip("/").split("/")[0::2]).rpartition("/")[2]
    namespace, *rest = after.split("/")
    return "/".join([namespace, *rest[0::2]])


def members(node: Any, prefix: str = "") -> Iterator[str]:
    """Yield the paths of the members of an answer; those of lists as `name[]`, date-times with how they end."""
    if isinstance(node, dict) and prefix.count(".") < _MOST_MEMBERS_DEEP:
        for name, value in node.items():
            if name == "tags" or value is None:
                continue
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from members(value, path)
    elif isinstance(node, list):
        for each in node:
            yield from members(each, f"{prefix}[]")
    elif isinstance(node, str) and (moment := _MOMENT.fullmatch(node)):
        yield f"{prefix} that ends in {moment[1] or 'no zone'}"
