"""The package that is published: the files of the app, as `.funcignore` says."""

import fnmatch
import hashlib
import io
import zipfile
from pathlib import Path

from deployment.clients import DeploymentError

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of every file, so that the same files make the same package."""
NEEDED = ("function_app.py", "host.json", "requirements.txt", "portal/dist/index.html")


def files(root: Path) -> list[Path]:
    """Return the files of the package, relative to the root, in their order.

    Patterns are those of gitignore that the file uses: a name anywhere, a path from the root, `folder/`, `folder/*`,
    and `!` for an exception.
    """
    rules = [line.strip() for line in (root / ".funcignore").read_text("utf-8").splitlines()]
    rules = [".funcignore", *(line for line in rules if line and not line.startswith("#"))]
    found: list[Path] = []
    waiting = [root]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            relative = path.relative_to(root)
            if path.is_symlink() or _ignored(relative, path.is_dir(), rules):
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                found.append(relative)
    return sorted(found)


def _ignored(relative: Path, folder: bool, rules: list[str]) -> bool:  # noqa: FBT001 - a pure function
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        if pattern.endswith("/") and not folder:
            continue
        bare = pattern.rstrip("/")
        subject = relative.as_posix() if "/" in bare else relative.name
        if fnmatch.fnmatchcase(subject, bare) and ("/" not in bare or subject.count("/") == bare.count("/")):
            ignored = not rule.startswith("!")
    return ignored


def package(root: Path) -> bytes:
    """Return the zip file of the app.

    Raises:
        DeploymentError: something is missing that the app needs, such as the built portal.
    """
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise DeploymentError(f"The package would lack {', '.join(missing)}: 'make portal' builds the portal.")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for relative in files(root):
            about = zipfile.ZipInfo(relative.as_posix(), _MOMENT)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(about, (root / relative).read_bytes())
    return made.getvalue()


def digest(package_: bytes) -> str:
    """Return what names the contents of a package."""
    return hashlib.sha256(package_).hexdigest()
