"""Packed texts: values that are read and written as a whole, compressed for one property of a row."""

import base64
import json
import zlib
from typing import Any


def pack(content: bytes) -> str:
    """Return compressed bytes as ASCII text."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpack(text: str) -> bytes:
    """Return the bytes of a packed text."""
    return zlib.decompress(base64.b64decode(text))


def pack_json(value: object) -> str:
    """Return a JSON value as a packed text."""
    return pack(json.dumps(value, separators=(",", ":")).encode())


def unpack_json(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value of a packed text."""
    return json.loads(unpack(text))
