"""Fault rules: in order, the first that matches wins (docs/notes.md 6).

A rule is `{"id", "match": {...}, "when": {...}, "do": {...}}`; `ACTIONS` lists what `do.kind` may be
and what else `do` may hold. A rule that makes no sense is refused with a 400 that says why.

`match` holds globs over `op, plane, method, path, name, region, size, principal, subscription` and an
`attempt` (`"2"`, `"1-3"`: how often this operation was requested at this path); `subscription` narrows only
requests that are about one. `when` holds `rate` (0..1, drawn by the keyed generator), `max_hits`,
`from` and `until` (simulated seconds after the rule came).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from azure_simulator.core.answers import Json

_GLOBS = frozenset({"op", "plane", "method", "path", "name", "region", "size", "image", "principal", "subscription"})
_WHEN = frozenset({"rate", "max_hits", "from", "until"})
_ATTEMPT = re.compile(r"\d+(-\d+)?")
_STATUSES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of fault: its effect, the texts and the numbers that its `do` may hold, and those that it must."""

    about: str
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def known(self) -> frozenset[str]:
        """The keys that `do` may have."""
        return frozenset({"kind", *self.texts, *self.numbers, *self.others})


_ANSWER = {"texts": ("code", "message"), "others": ("headers", "body")}
ACTIONS = {
    "http": Action("answer with this error; nothing is done", **_ANSWER, numbers=("status",)),
    "flap": Action(
        "answer with an error during the first `down` seconds of every `period`",
        **_ANSWER,
        numbers=("status", "period", "down"),
        needs=("period", "down"),
    ),
    "token_401": Action("call the token expired"),
    "malformed_body": Action("answer with `text` (a proxy's HTML)", texts=("text",), numbers=("status",)),
    "drop_before": Action("end the connection, nothing is done"),
    "drop_after": Action("do it, then end the connection"),
    "timeout": Action("answer nothing for so many real seconds, then end the connection", numbers=("seconds",)),
    "stale_read": Action("show what was true `lag` seconds ago", numbers=("lag",), needs=("lag",)),
    "lro_fail": Action(
        "let the operation that begins fail, at the end of a phase", ("code", "message", "at_phase"), needs=("code",)
    ),
    "delay": Action(
        "let the operation that begins take longer; an answer that begins none is held back", numbers=("add", "factor")
    ),
    "hang": Action("let the operation that begins never end"),
    "partial": Action(
        "do all of it and say that it failed: with a `status` the answer, without one the operation; "
        "of a list of Graph give only the first `share`",
        texts=("code", "message"),
        numbers=("status", "share"),
    ),
    "empty": Action("answer a list of Graph with nothing in it"),
    "duplicate_notification": Action("send a notification `copies` times (2)", numbers=("copies",)),
    "lose_notification": Action("send nothing"),
    "reorder": Action("send it `by` seconds (60) later, behind those that come after it", numbers=("by",)),
    "wrong_client_state": Action("send a notification with another secret", texts=("value",)),
}


@dataclass(slots=True)
class Rule:
    """One rule and how often it hit."""

    id: str
    match: Json
    when: Json
    do: Json
    since_us: int
    hits: int = 0
    seen: int = 0
    recent: list[str] = field(default_factory=list)

    def view(self) -> Json:
        """Describe the rule for `_sim/faults`."""
        return {
            "id": self.id,
            "match": self.match,
            "when": self.when,
            "do": self.do,
            "since": iso(self.since_us),
            "hits": self.hits,
            "seen": self.seen,
            "recent": self.recent,
        }


class Faults:
    """The ordered rules."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def replace(self, rules: list[Json], now_us: int) -> None:
        """Put other rules in force; raise a 400 `Problem` for a rule that makes no sense."""
        self.rules = [_rule(entry, index, now_us) for index, entry in enumerate(rules)]

    def add(self, entry: Json, now_us: int) -> Rule:
        """Add a rule behind the others; a rule with its id is replaced."""
        rule = _rule(entry, len(self.rules), now_us)
        self.remove(rule.id)
        self.rules.append(rule)
        return rule

    def remove(self, rule_id: str) -> None:
        """Put a rule out of force, if there is one of that id."""
        self.rules = [each for each in self.rules if each.id != rule_id]

    def choose(self, facts: Json, now_us: int, rng: Callable[..., random.Random]) -> tuple[Rule, Json] | None:
        """Return the first rule that hits and its action; `facts` are the values that `match` looks at."""
        for rule in self.rules:
            if _matches(rule.match, facts) and _in_force(rule, now_us):
                rule.seen += 1
                rate = rule.when.get("rate", 1)
                if rate < 1 and rng("fault", rule.id, facts["path"], facts["attempt"]).random() >= rate:
                    continue
                hit(rule, facts["path"])
                return rule, rule.do
        return None

    def find(self, rule_id: str) -> Rule | None:
        """Return a rule by id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def subscription_of(path: str) -> str:
    """Return the subscription that a path is about; empty when it is about none."""
    _, found, rest = path.lower().partition("/subscriptions/")
    return rest.partition("/")[0] if found else ""


def hit(rule: Rule, path: str) -> None:
    """Count a hit."""
    rule.hits += 1
    rule.recent = [*rule.recent[-9:], path]


def _rule(entry: Json, index: int, now_us: int) -> Rule:
    match, when, do = (entry.get(part, {}) for part in ("match", "when", "do"))
    error = next(_errors(entry, match, when, do), None)
    if error is not None:
        raise Problem(400, "BadRule", f"rule {entry.get('id', index)}: {error}")
    return Rule(str(entry.get("id", f"rule-{index}")), match, when, do, now_us)


def _errors(entry: Json, match: object, when: object, do: object) -> Iterator[str]:
    """Yield the faults of a rule, in order."""
    if not (isinstance(match, dict) and isinstance(when, dict) and isinstance(do, dict)):
        yield "match, when and do are objects"
        return
    unknown = (set(match) - _GLOBS - {"attempt"}) | (set(when) - _WHEN) | (set(entry) - {"id", "match", "when", "do"})
    if unknown:
        yield f"unknown keys {sorted(unknown)}"
    if any(not isinstance(match[key], str) for key in _GLOBS & set(match)):
        yield "match holds globs"
    if "attempt" in match and not _ATTEMPT.fullmatch(str(match["attempt"])):
        yield "match.attempt is a number or a range such as 1-3"
    if not all(_is_number(each) for each in when.values()) or not 0 <= when.get("rate", 1) <= 1:
        yield "when holds numbers, rate is between 0 and 1"
    yield from _action_errors(do)


def _action_errors(do: Json) -> Iterator[str]:
    """Yield the faults of a rule's action."""
    action = ACTIONS.get(str(do.get("kind", "")))
    if action is None:
        yield f"do.kind is missing or unknown; known: {', '.join(ACTIONS)}"
        return
    if unknown := sorted(set(do) - action.known):
        yield f"do of {do['kind']} does not know {unknown}"
    if missing := [key for key in action.needs if key not in do]:
        yield f"do of {do['kind']} needs {missing}"
    if wrong := [key for key in action.numbers if key in do and not _is_number(do[key])]:
        yield f"do.{wrong[0]} is a number, not below zero"
    if wrong := [key for key in action.texts if key in do and not isinstance(do[key], str)]:
        yield f"do.{wrong[0]} is a text"
    if "status" in do and do["status"] not in _STATUSES:
        yield "do.status is a status of HTTP"
    if not isinstance(do.get("headers", {}), dict):
        yield "do.headers is an object"
    if do["kind"] == "partial" and not {"status", "code", "share"} & set(do):
        yield "do of partial needs a status, a code or a share"
    if do["kind"] == "flap" and not 0 < do["down"] <= do["period"]:
        yield "do.down is at most do.period"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _matches(match: Json, facts: Json) -> bool:
    for key, wanted in match.items():
        if key == "attempt":
            low, _, high = str(wanted).partition("-")
            if not int(low) <= facts["attempt"] <= int(high or low):
                return False
        elif key == "subscription" and not facts.get(key):
            continue
        elif not fnmatchcase(str(facts.get(key, "")).lower(), str(wanted).lower()):
            return False
    return True


def _in_force(rule: Rule, now_us: int) -> bool:
    age_s = (now_us - rule.since_us) / SECOND
    when, do = rule.when, rule.do
    if "max_hits" in when and rule.hits >= when["max_hits"]:
        return False
    if do["kind"] == "flap" and age_s % do["period"] >= do["down"]:
        return False
    return bool(when.get("from", 0) <= age_s <= when.get("until", float("inf")))
