"""Fault rules: in order, the first that matches wins (azure.md 6).

A rule is `{"id", "match": {...}, "when": {...}, "do": {...}}`.

`match` holds globs over `op, plane, method, path, name, region, size, principal` and an `attempt`
(`"2"`, `"1-3"`: how often this operation was asked of this path); `when` holds `rate` (0..1, drawn
by the keyed generator), `max_hits`, `from` and `until` (simulated seconds after the rule came).

`do.kind` is one of
`http {status, code, message, headers}` · `token_401` · `malformed_body {status}` ·
`drop_before` · `drop_after` (the connection dies before or after the change was made) ·
`timeout {seconds}` (real seconds without an answer, then the connection dies) ·
`stale_read {lag}` (a GET shows what was true `lag` seconds ago) ·
`lro_fail {code, message, at_phase}` · `delay {add, factor}` · `hang` (of the operation begun;
`delay` of a request that begins none holds the answer back for `add` simulated seconds) ·
anything else, which rooms may understand (`call.fault`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from local.cloud.core.answers import Problem
from local.cloud.core.times import SECOND, iso

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from local.cloud.core.answers import Json

_MATCHED = frozenset({"op", "plane", "method", "path", "name", "region", "size", "principal", "attempt"})
_WHEN = frozenset({"rate", "max_hits", "from", "until"})


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
        """Put other rules in force; raise a 400 `Problem` for one that makes no sense."""
        self.rules = [_rule(entry, index, now_us) for index, entry in enumerate(rules)]

    def add(self, entry: Json, now_us: int) -> Rule:
        """Put one more rule in force, behind the others; one with its id is replaced."""
        rule = _rule(entry, len(self.rules), now_us)
        self.rules = [each for each in self.rules if each.id != rule.id] + [rule]
        return rule

    def choose(self, facts: Json, now_us: int, rng: Callable[..., random.Random]) -> tuple[Rule, Json] | None:
        """Give the first rule that hits and what it does; `facts` are what `match` looks at."""
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
        """Give a rule by id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def hit(rule: Rule, path: str) -> None:
    """Count a hit."""
    rule.hits += 1
    rule.recent = [*rule.recent[-9:], path]


def _rule(entry: Json, index: int, now_us: int) -> Rule:
    match, when, do = entry.get("match", {}), entry.get("when", {}), entry.get("do", {})
    unknown = (set(match) - _MATCHED) | (set(when) - _WHEN) | (set(entry) - {"id", "match", "when", "do"})
    if unknown or "kind" not in do:
        raise Problem(
            400,
            "BadRule",
            f"rule {entry.get('id', index)}: "
            + (f"unknown keys {sorted(unknown)}" if unknown else "do.kind is missing"),
        )
    return Rule(str(entry.get("id", f"rule-{index}")), match, when, do, now_us)


def _matches(match: Json, facts: Json) -> bool:
    for key, wanted in match.items():
        if key == "attempt":
            low, _, high = str(wanted).partition("-")
            if not int(low) <= facts["attempt"] <= int(high or low):
                return False
        elif not fnmatchcase(str(facts.get(key, "")).lower(), str(wanted).lower()):
            return False
    return True


def _in_force(rule: Rule, now_us: int) -> bool:
    age_s = (now_us - rule.since_us) / SECOND
    when = rule.when
    if "max_hits" in when and rule.hits >= when["max_hits"]:
        return False
    return bool(when.get("from", 0) <= age_s <= when.get("until", float("inf")))
