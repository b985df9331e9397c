"""The tokens of pages: where a list goes on, written so that it fits into an address. Pure."""

from __future__ import annotations

import base64

AS_IT_IS = "use the address in @odata.nextLink as it is"
"""Advice instead of writing a token."""


def written(place: str) -> str:
    """Return the token of a place."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read(token: str) -> str:
    """Return the place of a token. Raises: ValueError."""
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
