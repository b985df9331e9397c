"""Refused work in an import of the app: it would slow a cold start."""

import subprocess
import sys

from tests.house.tree import ROOT

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
