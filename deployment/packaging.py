"""The package that is published: the files of the app, as `.funcignore` says."""

import fnmatch
import hashlib
import io
import py_compile
import sys
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from deployment.clients import DeploymentError

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Modification time of every file, so that the same files make the same package."""
RUNTIME = (3, 11)
"""The Python of the app on Azure; another one cannot use its byte code, nor write it."""
_BYTE_CODE = ".pyc"
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
    """Return the zip file of the app, with the app's byte code if this is the Python that runs it there.

    The app runs from its package, which nobody writes into: without byte code each cold start compiles every module.

    Raises:
        DeploymentError: something is missing that the app needs, such as the built portal, or a module is no Python.
    """
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise DeploymentError(f"The package would lack {', '.join(missing)}: 'make portal' builds the portal.")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, TemporaryDirectory() as folder:
        for relative in files(root):
            archive.writestr(_entry(relative.as_posix()), (root / relative).read_bytes())
            if has_byte_code() and relative.suffix == ".py":
                code = _compiled(root, relative, Path(folder) / "module")
                archive.writestr(_entry(_place_of_byte_code(relative)), code)
    return made.getvalue()


def released(file: Path) -> bytes:
    """Read the package of a release from a file.

    Raises:
        DeploymentError: the file cannot be read, or is no package of the app.
    """
    try:
        content = file.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            missing = [name for name in NEEDED if name not in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as problem:
        raise DeploymentError(f"{file} is no package of a release: {problem}") from problem
    if missing:
        raise DeploymentError(f"{file} is no package of a release: it lacks {', '.join(missing)}.")
    return content


def has_byte_code() -> bool:
    """Return whether a package that is made here has byte code."""
    return sys.version_info[:2] == RUNTIME


def _entry(name: str) -> zipfile.ZipInfo:
    about = zipfile.ZipInfo(name, _MOMENT)
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return about


def _place_of_byte_code(module: Path) -> str:
    name = f"{module.stem}.{sys.implementation.cache_tag}{_BYTE_CODE}"
    return (PurePosixPath(module.parent.as_posix()) / "__pycache__" / name).as_posix()


def _compiled(root: Path, relative: Path, made: Path) -> bytes:
    """Return byte code that ignores the time of its source, which unpacking does not preserve.

    It names its module by the path in the package, not by the folder on the machine that deploys.
    """
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    try:
        py_compile.compile(
            str(root / relative), str(made), dfile=relative.as_posix(), doraise=True, invalidation_mode=mode
        )
    except py_compile.PyCompileError as error:
        raise DeploymentError(f"A module of the app is no Python: {error.msg.strip()}") from error
    return made.read_bytes()


def digest(package_: bytes) -> str:
    """Return the name of a package, a digest of its files without byte code.

    The same files may be compiled into other bytes of the same code.
    """
    found = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(package_)) as archive:
        for name in archive.namelist():
            content = b"" if name.endswith(_BYTE_CODE) else archive.read(name)
            found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
