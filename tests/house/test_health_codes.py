"""Every code of the health page has its page of cause and cure, and no other page is there."""

import re

from shared.domain.health.codes import CODES, runbook_of
from tests.house.tree import ROOT, below, text

HEADINGS = ["Cause", "Cure"]


def test_every_code_has_its_page_and_no_other_is_there() -> None:
    pages = {str(path.relative_to(ROOT)): text(path) for path in below("docs/runbooks/health", suffix=".md")}
    assert set(pages) == {runbook_of(code) for code in CODES}
    wrong = [
        code.value
        for code, facts in CODES.items()
        if not pages[runbook_of(code)].startswith(f"# {facts.title}\n\nCode `{code.value}` ")
        or re.findall(r"(?m)^## (.*)$", pages[runbook_of(code)]) != HEADINGS
    ]
    assert wrong == []
