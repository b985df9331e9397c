"""Write docs/openapi.json anew: ``make openapi``."""

import json
from pathlib import Path

from triggers.http.openapi import routes
from triggers.http.views.openapi_document import document

PAGE = Path(__file__).parents[3] / "docs" / "openapi.json"


def written() -> str:
    """Return the document as the repository has it."""
    return json.dumps(document(routes()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
