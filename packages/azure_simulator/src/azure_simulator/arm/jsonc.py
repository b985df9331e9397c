"""JSON as Resource Manager reads templates: with comments, names without quotes, and texts of several lines.

Source: learn.microsoft.com/azure/azure-resource-manager/templates/syntax#comments-and-metadata and
#multi-line-strings; `az` sends the name of the template without quotes.
"""

from __future__ import annotations

import re

_PART = re.compile(
    rb'(?P<text>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))'
    rb"|(?P<comment>//[^\n]*+|/\*.*?(?:\*/|\Z))"
    rb"|(?<![\w$])(?P<name>[A-Za-z_$][\w$]*+)(?=\s*+:)",
    re.DOTALL,
)
_BREAKS = {b"\r": b"\\r", b"\n": b"\\n", b"\t": b"\\t"}


def strict(data: bytes) -> bytes:
    """Write it as plain JSON; text that is no JSON with comments is unchanged."""
    return _PART.sub(_plain, data)


def _plain(match: re.Match[bytes]) -> bytes:
    if match["comment"] is not None:
        return b" "
    if match["name"] is not None:
        return b'"' + match["name"] + b'"'
    return re.sub(rb"[\r\n\t]", lambda found: _BREAKS[found[0]], match["text"])
