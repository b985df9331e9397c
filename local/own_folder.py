"""A folder of its own for an app that Microsoft's host runs.

That host watches the folder of its app, and begins anew when a file of a name that it knows (``host.json``,
``function.json``) is written anywhere below, or a folder comes or goes beside those that it found. A checkout does not
stay as it is: runs, tests and tools write into it.
"""

import shutil
from pathlib import Path

from deployment import packaging


def copied(app: Path, folder: Path) -> Path:
    """Copy the files of an app that are published, and nothing else, into *folder*; return it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "__pycache__").mkdir(parents=True)  # Python would make it, while the host watches
    for relative in packaging.files(app):
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(app / relative, folder / relative)
    return folder
