"""Texts that somebody wrote for people to read: which characters they may have."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""Zero-width (non-)joiners and variation selectors: Persian and joined emoji need them, and nobody sees them."""


def one_line(text: str) -> str:
    """Validate a text of one line: an ``AfterValidator``, behind the ``Field`` that says how long the text may be.

    In front of it the length would be that of anything, and its message that of a list.
    """
    readable(text)
    if text != text.strip():
        raise ValueError("must not begin or end with a space")
    return text


def printable(text: str) -> str:
    """Validate a password or a key, which may have any character that is printed: an ``AfterValidator``."""
    if not text.isprintable():
        raise ValueError("write it without line breaks, tabs and other control characters")
    return text


def readable(text: str) -> None:
    """Refuse a character that cannot be shown in one line. Raises: ValueError with the advice for it."""
    for character in text:
        if wrong := _unusable(character):
            raise ValueError(wrong)


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


def several_lines(text: str) -> str:
    """Validate a text that may have several lines: an ``AfterValidator``, as ``one_line``."""
    if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in text):
        raise ValueError("leave out control characters; line breaks and tabs may be used")
    return text


Label = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
"""The name of a customer or a place: it may have "&" and the like, as company names do."""

Description = Annotated[str, Field(max_length=1500), AfterValidator(several_lines)]
"""Description of something's purpose."""
