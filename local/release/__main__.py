"""``python -m local.release build|version``: build a release of this commit, or set the version of the next one."""

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.release import parts, versions
from local.release.materials import MaterialsError

ROOT = Path(__file__).parent.parent.parent


def main() -> int:
    """Run a command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    build = commands.add_parser("build", help="write the files of a release, with checksums")
    build.add_argument("--out", type=Path, default=ROOT / "dist", help="folder to write to (dist)")
    build.add_argument("--any-tree", action="store_true", help="also from files that no commit has, to try it")
    version = commands.add_parser("version", help="write the version of the next release into every file that has it")
    version.add_argument("version")
    asked = parser.parse_args()
    try:
        if asked.command == "version":
            versions.write(ROOT, asked.version)
        else:
            _build(asked.out, any_tree=asked.any_tree)
    except (versions.VersionError, parts.PartError, MaterialsError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _build(out: Path, *, any_tree: bool) -> None:
    version = versions.judge(ROOT)
    if not any_tree and (changed := _git("status", "--porcelain")):
        raise parts.PartError(f"A release is made from a commit, and these files have changed:\n{changed}")
    made = parts.made(ROOT, version)
    write(out, made)
    print(f"Deskwright {version}, commit {_git('rev-parse', '--short', 'HEAD')}, in {out}:")
    for name, content in sorted(made.items()):
        print(f"  {len(content) / 1e6:6.2f} MB  {name}")


def write(out: Path, made: Mapping[str, bytes]) -> None:
    """Write files and their checksums into a folder, which then has nothing else of an earlier release."""
    out.mkdir(parents=True, exist_ok=True)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(made.items()))
    wanted = {**made, parts.CHECKSUMS: sums.encode()}
    for old in out.iterdir():
        if old.is_file() and old.name not in wanted:
            old.unlink()
    for name, content in wanted.items():
        (out / name).write_bytes(content)


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
