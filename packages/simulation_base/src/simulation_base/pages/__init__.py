"""A page for a browser: whole in one answer, dark where the browser is, nothing loaded from elsewhere.

Nothing needs a script; where scripts run, one looks again every few seconds (``live.js``).
"""

import base64
import hashlib
from pathlib import Path

from simulation_base.pages.markup import Html, tag

_FOLDER = Path(__file__).parent
_BASE = (_FOLDER / "base.css").read_text(encoding="utf-8")
_LIVE = (_FOLDER / "live.js").read_text(encoding="utf-8")


def page(title: str, header: Html, main: Html, style: str = "") -> tuple[bytes, dict[str, str]]:
    """Write a page; return it with the headers that keep it to itself. ``style`` adds to the common one.

    ``header`` should have ``live()`` in it, or the script finds nothing to do.
    """
    whole = _BASE + style
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("title", title),
        tag("style", Html(whole)),
    )
    body = tag("body", header, main, tag("script", Html(_LIVE)))
    text = "<!doctype html>" + tag("html", head, body, lang="en")
    headers = {"Content-Security-Policy": _policy(whole), "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return text.encode(), headers


def live() -> Html:
    """Make the switch for looking again; it shows itself where scripts run."""
    return tag("label", tag("input", type="checkbox", id="live", checked=True), " live", hidden=True)


def _policy(style: str) -> str:
    def mark(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    allowed = f"style-src {mark(style)}; script-src {mark(_LIVE)}; connect-src 'self'; form-action 'self'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"
