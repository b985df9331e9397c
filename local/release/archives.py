"""Zip files whose bytes depend on nothing but the files in them."""

import io
import zipfile
from collections.abc import Mapping

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can have; every file has it."""
_MODE = 0o644 << 16


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of files by name, in the order of their names, without times or owners."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _EARLIEST)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, _MODE
            archive.writestr(about, files[name])
    return made.getvalue()
