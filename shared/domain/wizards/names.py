"""Names that people give: which characters are allowed, and when a name is taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""Zero-width (non-)joiners and variation selectors: Persian and joined emoji need them, and nobody sees them."""

FORBIDDEN = '<>&|"^'
"""Windows 365 refuses these in a policy's name (docs/notes/windows365.md 2.3)."""


def _valid(name: str) -> str:
    if found := re.search(f"[{re.escape(FORBIDDEN)}]", name):
        quote = "'" if found.group() == '"' else '"'
        message = f'{quote}{found.group()}{quote} may not be used; none of < > & | " ^ may'
        raise ValueError(message)
    for character in name:
        if wrong := _unusable(character):
            raise ValueError(wrong)
    if name != name.strip() or name[:1] in JOINERS or name[-1:] in JOINERS[:2]:
        message = "must not begin or end with a space, or with a character that cannot be seen"
        raise ValueError(message)
    return name


def _unusable(character: str) -> str | None:
    """Return why a character may not be used in a name, None if it may."""
    if character.isprintable() or character in JOINERS:
        return None
    match unicodedata.category(character):
        case "Zs":
            return "write an ordinary space in place of the special one (such as a no-break space)"
        case "Cc" | "Zl" | "Zp":
            return "line breaks, tabs and other control characters may not be used; write it in one line"
        case "Cf":
            return f"the invisible character U+{ord(character):04X} may not be used; leave it out"
        case _:
            return f"the character U+{ord(character):04X} cannot be shown; leave it out"


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_valid)]
"""A name of at most 120 characters, none of them forbidden, without a space at its ends."""


def name_taken(name: str, others: Iterable[str]) -> bool:
    """Return whether one of *others* is the same name; case does not tell two names apart."""
    return folded(name) in {folded(other) for other in others}


def folded(name: str) -> str:
    """Return what two spellings of one name have in common: neither case nor what cannot be seen tells them apart."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in JOINERS))
