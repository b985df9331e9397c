"""The headers that a browser obeys stand in host.json: the host puts them on every answer, its own errors too."""

import json

from tests.house.tree import ROOT, text


def test_every_answer_says_what_a_browser_must_not_do() -> None:
    http = json.loads(text(ROOT / "host.json"))["extensions"]["http"]
    assert http["customHeaders"] == {
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
