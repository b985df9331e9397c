"""Text and bytes for any binding: the worker's generic binding (docs/notes.md 3.2).

A parameter that is annotated ``str`` or ``bytes``, or an ``Out`` of them, is converted here and not by the binding's
own converter.
"""

import json
from collections.abc import Mapping
from typing import Any

from azure.functions import meta

GENERIC = "generic"


class GenericConverter:
    """Passes text and bytes through; other values of an output become JSON or a number."""

    @staticmethod
    def check_input_type_annotation(note: type) -> bool:
        """Return whether a parameter may be of a type."""
        return issubclass(note, str | bytes)

    @staticmethod
    def check_output_type_annotation(note: type) -> bool:
        """Return whether an ``Out`` may be of a type."""
        return issubclass(note, str | bytes | bytearray)

    @staticmethod
    def decode(datum: meta.Datum, *, trigger_metadata: Mapping[str, meta.Datum] | None = None) -> Any:  # noqa: ANN401, ARG004
        """Give a trigger's text or bytes as they came."""
        if datum.type not in {"string", "bytes", "json"}:
            raise ValueError('unexpected type of data received for the "generic" binding ', repr(datum.type))
        return datum.value

    @staticmethod
    def encode(value: Any, *, expected_type: type | None) -> meta.Datum:  # noqa: ANN401, ARG004
        """Encode the value that a function has set."""
        match value:
            case str():
                return meta.Datum(value, "string")
            case bytes() | bytearray():
                return meta.Datum(bytes(value), "bytes")
            case dict() | list():
                return meta.Datum(json.dumps(value), "json")
            case int():
                return meta.Datum(int(value), "int")
            case float():
                return meta.Datum(value, "double")
        raise TypeError(
            "unable to encode outgoing TypedData: unsupported type "
            f'"{GENERIC}" for Python type "{type(value).__name__}"'
        )
