"""The page of one instance: its facts, and a bar for each of its steps."""

from collections.abc import Iterator

from simulation_base.pages.markup import Html, tag

from functions_host.pages.formatting import length, lifetime, link, moment, status, value
from functions_host.pages.spans import Span, spans
from functions_host.storage.reads import Reads
from functions_host.storage.state import TERMINAL, Instance

BARS = 400
_WIDE, _LEAST = 1000.0, 3.0
_TICKS = 5


def render(reads: Reads, row: Instance, now_us: int, *, payloads: bool) -> Html:
    """Write the page of one instance."""
    live = row.status not in TERMINAL
    open_ids = reads.open_tasks(row.id, row.execution_id) if live else frozenset[int]()
    until_us = max(now_us if live else row.updated_us, row.created_us + 1)
    bars = spans(reads.history(row.id, row.execution_id), open_ids, until_us)
    return tag("main", _facts(row, now_us, payloads=payloads), _timeline(row, bars, until_us))


def _facts(row: Instance, now_us: int, *, payloads: bool) -> Html:
    facts: list[tuple[str, Html | str]] = [
        ("status", status(row)),
        ("orchestrator", row.name + (f" ({row.version})" if row.version else "")),
        ("created", moment(row.created_us)),
        ("last turn", tag("span", moment(row.updated_us), f", {row.turn:,} turns")),
        ("duration", length(lifetime(row, now_us))),
    ]
    if row.parent_id:
        facts.append(("child of", link(row.parent_id)))
    if row.failure:
        facts.append(("failure", tag("pre", row.failure.strip(), class_="failure")))
    hidden = tag("span", "hidden; the host shows it when started with --show-payloads", class_="soft")
    for name, text in (("custom status", row.custom_status), ("input", row.input), ("output", row.output)):
        if text is not None and not (name == "output" and row.failure):
            facts.append((name, value(text) if payloads else hidden))
    lines = [(tag("dt", name), tag("dd", content)) for name, content in facts]
    return tag("section", tag("h2", row.id, class_="wide"), tag("dl", lines), id="facts")


def _timeline(row: Instance, bars: list[Span], until_us: int) -> Html:
    whole = Span("orchestration", row.name, row.created_us, until_us, "plain")
    if row.status not in TERMINAL:
        whole = Span("orchestration", row.name, row.created_us)
    shown = [_bar(each, row.created_us, until_us) for each in [whole, *bars[:BARS]]]
    more = len(bars) - BARS
    about = f"{len(bars):,} steps in {length(until_us - row.created_us)}"
    note = tag("p", f"and {more:,} more: python -m functions_host history {row.id}", class_="note") if more > 0 else ""
    return tag(
        "section",
        tag("h2", "Timeline", tag("small", about)),
        tag(
            "div",
            tag("span"),
            tag("span", list(_ticks(until_us - row.created_us)), class_="ticks"),
            tag("span"),
            class_="span axis",
        ),
        shown,
        note,
        id="timeline",
    )


def _ticks(whole_us: int) -> Iterator[Html]:
    for number in range(_TICKS):
        yield tag("span", "0" if number == 0 else length(whole_us * number // (_TICKS - 1)))


def _bar(each: Span, from_us: int, until_us: int) -> Html:
    scale = _WIDE / (until_us - from_us)
    end_us = until_us if each.end_us is None else each.end_us
    wide = max(_LEAST, (end_us - each.begin_us) * scale)
    left = min(_WIDE - _LEAST, max(0.0, (each.begin_us - from_us) * scale))
    filled = tag("rect", x=round(left, 1), width=round(min(wide, _WIDE - left), 1), height=10, class_=each.tone)
    track = tag("svg", filled, class_="track", viewBox="0 0 1000 10", preserveAspectRatio="none", aria_hidden="true")
    name = link(each.child, each.name) if each.child else tag("span", each.name)
    label = tag("span", tag("span", each.kind, class_="kind"), name, class_="label")
    took = each.idle or _took(each)
    notes = tag("span", each.note, class_="why") if each.note else ""
    about = f"{each.kind} {each.name}, {length(max(0, each.begin_us - from_us))} after the start"
    return tag("div", label, track, tag("span", took, class_="took"), notes, class_=f"span {each.tone}", title=about)


def _took(each: Span) -> str:
    if each.end_us is None:
        return "open"
    return length(each.end_us - each.begin_us) if each.end_us > each.begin_us else ""
