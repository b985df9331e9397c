"""Discovery of blueprints: none is missed, and none is looked for where there is none."""

import re

import pytest

from shared.workflow.discovery import WITHOUT, blueprints
from tests.house.tree import below, relative, text


def registering(folder: str) -> list[str]:
    """The modules below a folder that make a blueprint."""
    return [str(relative(path)) for path in below(folder) if re.search(r"^bp = ", text(path), re.MULTILINE)]


@pytest.mark.parametrize("folder", ["triggers", "orchestrators", "activities"])
def test_the_blueprint_of_every_subject_folder_is_found(folder: str) -> None:
    found = registering(folder)
    assert len(list(blueprints(folder))) == len(found), f"the blueprints of {found}"


def test_what_is_left_out_registers_nothing() -> None:
    folders = tuple(f"{each.replace('.', '/')}/" for each in WITHOUT)
    assert [
        path for layer in ("triggers", "orchestrators") for path in registering(layer) if path.startswith(folders)
    ] == []
