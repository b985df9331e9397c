"""Names that people give: which characters are allowed, and when a name is taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.texts import JOINERS, readable

FORBIDDEN = '<>&|"^'
"""Windows 365 refuses these in a policy's name (docs/notes/windows365.md 2.3)."""


def _valid(name: str) -> str:
    if found := re.search(f"[{re.escape(FORBIDDEN)}]", name):
        quote = "'" if found.group() == '"' else '"'
        message = f'{quote}{found.group()}{quote} may not be used; none of < > & | " ^ may'
        raise ValueError(message)
    readable(name)
    if name != name.strip() or name[:1] in JOINERS or name[-1:] in JOINERS[:2]:
        message = "must not begin or end with a space, or with a character that cannot be seen"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_valid)]
"""A name of at most 120 characters, none of them forbidden, without a space at its ends."""


def name_taken(name: str, others: Iterable[str]) -> bool:
    """Return whether one of *others* is the same name; case does not tell two names apart."""
    return folded(name) in {folded(other) for other in others}


def folded(name: str) -> str:
    """Return the form that all spellings of one name share: case and invisible characters make no difference."""
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in JOINERS))
