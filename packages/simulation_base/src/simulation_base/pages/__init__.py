"""A page for a browser: complete in one response, light or dark as the browser is, with nothing loaded from elsewhere.

Pages work without scripts; where scripts run, one reloads the content every few seconds (``live.js``).
"""

import base64
import hashlib
from pathlib import Path

from simulation_base.pages.markup import Html, tag

_FOLDER = Path(__file__).parent
_BASE = (_FOLDER / "base.css").read_text(encoding="utf-8")
_LIVE = (_FOLDER / "live.js").read_text(encoding="utf-8")


def page(title: str, header: Html, main: Html, style: str = "") -> tuple[bytes, dict[str, str]]:
    """Return a page, and headers that keep it private. ``style`` is added to the common style.

    ``header`` should have ``live()`` in it, else the script does nothing.
    """
    complete = _BASE + style
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("title", title),
        tag("style", Html(complete)),
    )
    body = tag("body", header, main, tag("script", Html(_LIVE)))
    text = "<!doctype html>" + tag("html", head, body, lang="en")
    headers = {
        "Content-Security-Policy": _policy(complete),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return text.encode(), headers


def live() -> Html:
    """Make the switch that turns reloading on and off; it is visible only where scripts run."""
    return tag("label", tag("input", type="checkbox", id="live", checked=True), " live", hidden=True)


def _policy(style: str) -> str:
    def source(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    allowed = f"style-src {source(style)}; script-src {source(_LIVE)}; connect-src 'self'; form-action 'self'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"
