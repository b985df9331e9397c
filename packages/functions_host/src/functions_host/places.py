"""Where an app's own code was when it raised: what a developer looks for first."""

import traceback
from pathlib import Path

_OURS = Path(__file__).parent


def place_of(error: BaseException, app: Path) -> str:
    """Give file and line of the innermost call in the app, the file as seen from its folder; "" without one."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    inside = [one for one in frames if _is_the_apps(one[0], app)]
    return f"{inside[-1][0].relative_to(app)}:{inside[-1][1]}" if inside else ""


def _is_the_apps(file: Path, app: Path) -> bool:
    return file.is_relative_to(app) and not file.is_relative_to(_OURS) and "site-packages" not in file.parts
