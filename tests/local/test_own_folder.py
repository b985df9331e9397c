"""The folder of its own in which Microsoft's host runs the app."""

from pathlib import Path

from local import own_folder


def written(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_what_is_published_is_copied_and_nothing_else(tmp_path: Path) -> None:
    names = "host.json", "function_app.py", "shared/a/one.py"
    app = written(tmp_path / "app", *names, ".run/demo/host.json", "tests/x.py")
    (app / ".funcignore").write_text(".run/\ntests/\n")
    folder = own_folder.copied(app, written(tmp_path / "own", "left/host.json"))
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == sorted(names)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"shared", "__pycache__"}
    assert (folder / "shared/a/one.py").read_text() == "shared/a/one.py"
