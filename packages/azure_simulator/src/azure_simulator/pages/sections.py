"""The sections of the page below the tree: operations, requests, buckets, faults, invariants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from simulation_base.pages.markup import Html, bar, brief, pill, table, tag

from azure_simulator.core.times import NEVER, SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.requestlog import Entry

LATEST = 60
_LONGEST = 600
_TONES = {"Succeeded": "good", "InProgress": "busy", "Canceled": "warn", "Failed": "bad"}
_LOW, _EMPTY = 0.5, 0.1
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def section(name: str, title: str, about: str, *content: Html, link: str = "") -> Html:
    """Render a section; `link` is the address of the same as JSON."""
    more = tag("a", "JSON", href=f"/_sim/{link}") if link else None
    return tag("section", tag("h2", title, tag("small", about), more), *content, id=name)


def clock_time(at_us: int) -> str:
    """Write a moment for a person: to the second, in UTC."""
    return iso(at_us)[:19].replace("T", " ")


def length(seconds: float) -> str:
    """Write a length of time for a person."""
    for unit, word in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if abs(seconds) >= unit:
            return f"{seconds / unit:.1f} {word}"
    return f"{seconds:.1f} s"


def operations(cloud: Cloud) -> Html:
    """Show the running operations, then those that ended last."""
    world = cloud.world
    everything = list(world.operations.values())
    running = [each for each in everything if not each.ended]
    ended = [each for each in everything if each.ended][-LATEST:]
    rows = [_operation(each, world.now_us) for each in [*sorted(running, key=_due)[:LATEST], *reversed(ended)]]
    about = f"{len(running):,} under way of {len(everything):,}"
    heads = ("operation", "target", "status", "phase", "", "due", "#polls", "#early")
    return section("operations", "Operations", about, table(heads, rows[: 2 * LATEST]), link="operations")


def _due(operation: LongRunning) -> int:
    return operation.due_us


def _operation(each: LongRunning, now_us: int) -> Iterator[Html | str | int]:
    status, never = each.status(), each.due_us >= NEVER
    error = each.error.code if each.ended and each.error else ""
    yield each.kind
    yield tag("span", _resource_name(each.target), title=each.target, class_="long")
    yield tag("span", pill(status, _TONES[status]), pill(error, "bad") if error else "")
    yield each.phase(now_us) or ("" if each.ended else "waiting")
    duration = max(1, each.due_us - each.accepted_us)
    yield "" if each.ended or never else bar((now_us - each.accepted_us) / duration, "busy")
    yield (
        "never"
        if never
        else f"{clock_time(each.due_us)}" + ("" if each.ended else f", in {length((each.due_us - now_us) / SECOND)}")
    )
    yield each.polls
    yield each.early_polls


def _resource_name(target: str) -> str:
    """Return a resource's name with its parent's name: every machine has an extension of the same name."""
    own = target.rpartition("/providers/")[2].split("/")[2::2]
    return " / ".join(own) or target.rpartition("/")[2]


def requests(cloud: Cloud) -> Html:
    """Show the last requests, the latest first."""
    ring = cloud.log.ring
    latest = [ring[-index] for index in range(1, min(LATEST, len(ring)) + 1)]
    heads = ("at", "status", "operation", "request", "fault", "caller", "#try", "#ms")
    about = f"the last {len(latest)} of {cloud.log.sequence:,}"
    return section("requests", "Requests", about, table(heads, map(_request, latest)), link="requests?limit=200")


def _request(entry: Entry) -> Iterator[Html | str | int]:
    yield clock_time(entry.at_us)[11:]
    dropped = pill("dropped", "bad") if entry.dropped else ""
    yield tag("span", pill(str(entry.status), _status_tone(entry.status), entry.code), dropped)
    yield entry.op
    yield tag("span", entry.method, " ", brief(entry.path), class_="long mono")
    rule, bucket = entry.notes.get("rule", ""), entry.notes.get("throttled", "")
    yield tag("span", pill(rule, "warn", "fault") if rule else "", pill(bucket, "warn", "bucket") if bucket else "")
    yield tag("span", brief(entry.principal), class_="soft")
    yield entry.attempt
    yield f"{entry.took_us / 1000:.1f}"


def _status_tone(status: int) -> str:
    return {2: "good", 3: "plain", 4: "warn"}.get(status // 100, "bad")


def buckets(cloud: Cloud) -> Html:
    """Show the token buckets, the emptiest first."""
    found = sorted(cloud.throttle.view(cloud.world.now_us), key=_fullness)
    rows = [
        (
            tag("span", each["policy"], pill("closed", "bad") if each["closedForSeconds"] else ""),
            tag("span", brief(each["key"]), class_="long soft"),
            bar(_fullness(each), "good" if _fullness(each) > _LOW else "warn" if _fullness(each) > _EMPTY else "bad"),
            f"{each['tokens']:,.0f} / {each['capacity']:,.0f}",
            f"{each['perSecond']:.3g}",
            each["taken"],
            each["refused"],
        )
        for each in found[:LATEST]
    ]
    heads = ("bucket", "of", "", "#tokens", "#per s", "#taken", "#refused")
    about = f"the emptiest {len(rows)} of {len(found):,}"
    return section("buckets", "Buckets", about, table(heads, rows), link="buckets")


def _fullness(bucket: Json) -> float:
    return 0.0 if bucket["closedForSeconds"] else float(bucket["tokens"] / bucket["capacity"])


def invariants(judgement: Json, names: list[str]) -> Html:
    """Show the invariants, and their violations."""
    rows, reported = [], [each["invariant"] for each in judgement["findings"]]
    for name in dict.fromkeys([*names, *reported]):
        found = [each for each in judgement["findings"] if each["invariant"] == name]
        shown = [tag("div", tag("code", _as_text(each))) for each in found[:LATEST]]
        rows.append((name, pill(f"{len(found)} broken", "bad") if found else pill("holds", "good"), shown))
    about = "checked on the cloud's own state" if judgement["clean"] else "something is broken"
    return section("invariants", "Invariants", about, table(("invariant", "", ""), rows), link="invariants")


def _as_text(finding: Json) -> str:
    text = json.dumps({key: value for key, value in finding.items() if key != "invariant"})
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def faults(cloud: Cloud) -> Html:
    """Show the fault rules in their order."""
    rows = [
        (
            rule.id,
            pill(str(rule.do["kind"]), "warn"),
            tag("code", json.dumps(rule.match)),
            tag("code", json.dumps(rule.when) if rule.when else ""),
            rule.hits,
            tag("span", ", ".join(path.rpartition("/")[2] for path in rule.recent[-3:]), class_="soft long"),
        )
        for rule in cloud.faults.rules
    ]
    if not rows:
        nothing = tag("p", "No rule is active. ", tag("a", "Scenarios", href="/_sim/scenarios"), class_="note")
        return section("faults", "Faults", "", nothing, link="faults")
    heads = ("rule", "does", "matches", "when", "#hits", "lately")
    return section("faults", "Faults", f"{len(rows)} in order, the first that matches wins", table(heads, rows))


def services(cloud: Cloud) -> Html:
    """Show the counts of the services, with links to their state."""
    parts: list[Html] = []
    for name, show in sorted(cloud.views.items()):
        state = show(cloud.world, {})
        parts.append(tag("h3", tag("a", name, href=f"/_sim/state?view={name}")))
        if isinstance(state, dict):
            parts += [_counts(key, value) for key, value in state.items() if isinstance(value, dict) and value]
    snapshots = cloud.journal.snapshots()
    if snapshots:
        moments = ", ".join(f"{name} ({clock_time(moment)})" for name, moment in snapshots.items())
        parts += [tag("h3", "snapshots"), tag("p", moments, class_="note")]
    return section("services", "More", "counts of the services", *parts, link="state")


def _counts(title: str, counted: Json) -> Html:
    numbers = [(key, value) for key, value in counted.items() if isinstance(value, (int, float))]
    words = [tag("span", brief(key), " ", tag("b", f"{value:,}"), class_="pill") for key, value in numbers[:LATEST]]
    return tag("p", tag("span", brief(title), " ", class_="soft"), words)
