"""Docstrings drawn at random, to judge whether they say what they say without the code.

`python -m tests.house.drawing <seed> <number>` prints them with their places.
"""

import random
import sys
from textwrap import indent

from tests.house.test_docstrings import docstrings
from tests.house.tree import parsed, relative, tracked


def drawn(seed: int, number: int) -> list[tuple[str, str]]:
    """Return the place and the text of *number* docstrings of modules, classes, functions and attributes."""
    sources = [path for path in tracked() if path.suffix == ".py"]
    found = [(f"{relative(path)}:{line}", said) for path in sources for line, said in docstrings(parsed(path))]
    return random.Random(seed).sample(found, number)


if __name__ == "__main__":
    for place, text in drawn(*map(int, sys.argv[1:])):
        sys.stdout.write(f"{place}\n{indent(text, '    ')}\n")
