"""Names that people give: what may be in them, and when they are taken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

FORBIDDEN = '<>&|"^'
"""Windows 365 refuses these in a policy's name (docs/notes/windows365.md 2.3)."""


def _sound(name: str) -> str:
    if found := re.search(f"[{re.escape(FORBIDDEN)}]", name):
        quote = "'" if found.group() == '"' else '"'
        message = f'{quote}{found.group()}{quote} may not be used; none of < > & | " ^ may'
        raise ValueError(message)
    if not name.isprintable():
        message = "control characters are not allowed"
        raise ValueError(message)
    if name != name.strip():
        message = "must not begin or end with a space"
        raise ValueError(message)
    return name


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_sound)]
"""A name of at most 120 characters, none of them forbidden, without a space at its ends."""


def name_taken(name: str, others: Iterable[str]) -> bool:
    """Return whether one of *others* is the same name; case does not tell two names apart."""
    return name.casefold() in {other.casefold() for other in others}
