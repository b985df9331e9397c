"""Refused work in an import of the app: it would slow a cold start."""

import subprocess
import sys

from pydantic import BaseModel

from tests.house.tree import ROOT
from tests.walking import subclasses

VALIDATORS = """
import pydantic._internal._model_construction as construction
complete, made = construction.complete_model_class, []
def counted(cls, *arguments, **options):
    done = complete(cls, *arguments, **options)
    if cls.__module__.startswith(("shared.", "activities.", "orchestrators.", "triggers.")) and done:
        made.append(cls.__qualname__)
    return done
construction.complete_model_class = counted
import function_app
print(*made)
"""


def test_an_import_of_the_app_builds_no_validator() -> None:
    command = [sys.executable, "-c", VALIDATORS]
    imported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert imported.stdout.split() == []


def test_no_annotation_of_a_model_is_a_text_that_each_import_compiles() -> None:
    """Under ``from __future__ import annotations`` pydantic compiles more than 2,000 texts in each import."""
    textual = {
        f"{model.__module__} begins with 'from __future__ import annotations'"
        for model in subclasses(BaseModel)
        if any(isinstance(each, str) for each in vars(model).get("__annotations__", {}).values())
    }
    assert sorted(textual) == []
