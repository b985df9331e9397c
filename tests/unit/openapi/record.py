"""Write docs/openapi.json anew: ``make openapi``."""

import json
from pathlib import Path
from typing import Any

from triggers.http.openapi import routes
from triggers.http.views.openapi_document import document

PAGE = Path(__file__).parents[3] / "docs" / "openapi.json"
_OPENED = 3
"""Levels of the document whose members have a line each: paths, addresses and operations; components, schemas."""


def written() -> str:
    """Return the document as the repository has it: one line for each operation and each schema."""
    return _lined(document(routes()), _OPENED) + "\n"


def _lined(value: Any, opened: int) -> str:
    if not opened or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (_OPENED - opened)
    members = (f"{pad} {json.dumps(name)}: {_lined(each, opened - 1)}" for name, each in value.items())
    return "{\n" + ",\n".join(members) + f"\n{pad}}}"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
