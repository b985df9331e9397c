"""Formatting on pages of moments, durations, statuses and values."""

import json
from itertools import pairwise
from urllib.parse import quote

from simulation_base.pages.markup import Html, pill, tag

from functions_host.storage.state import TERMINAL, Instance
from functions_host.timestamps import stamp

HOME = "/runtime/instances"
TONES = {"Completed": "good", "Running": "busy", "Pending": "plain", "Suspended": "warn", "Terminated": "warn"}
_SECOND_US = 1_000_000
_UNITS = ((86_400 * _SECOND_US, "d"), (3600 * _SECOND_US, "h"), (60 * _SECOND_US, "min"), (_SECOND_US, "s"))
_LONGEST = 4000


def moment(at_us: int) -> Html:
    """Write a moment to the second; the title has it in full."""
    text = stamp(at_us)
    return tag("time", text[:19].replace("T", " "), datetime=text, title=f"{text} UTC")


def length(us: int) -> str:
    """Write a duration in two units, seconds with decimals."""
    for (unit, word), (part, small) in pairwise(_UNITS):
        if us >= unit:
            rest = us % unit // part
            return f"{us // unit} {word}" + (f" {rest} {small}" if rest else "")
    return f"{us / _SECOND_US:.3g} s" if us >= _SECOND_US else f"{us / 1000:.0f} ms"


def status(row: Instance) -> Html:
    """Make the label of an instance's status."""
    return pill(row.status, TONES.get(row.status, "bad"))


def lifetime(row: Instance, now_us: int) -> int:
    """Return the duration of an instance, in microseconds."""
    return max(0, (row.updated_us if row.status in TERMINAL else now_us) - row.created_us)


def link(instance_id: str, text: str = "") -> Html:
    """Link to the page of an instance, with its id or another text."""
    kind = "long" if text else "long mono"
    return tag("a", text or instance_id, href=f"{HOME}/{quote(instance_id, safe='')}", class_=kind, title=instance_id)


def value(text: str | None) -> Html:
    """Show a JSON value as it was stored; a string that holds JSON is parsed once more."""
    if text is None:
        return tag("span", "none", class_="soft")
    found = json.loads(text)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return tag("pre", found[:_LONGEST])
    shown = json.dumps(found, indent=2, ensure_ascii=False)
    return tag("pre", shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")
