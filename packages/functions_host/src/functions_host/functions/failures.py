"""What the app's functions raise: how it is worded, and where in the app it was raised."""

import traceback
from pathlib import Path

_HOST = Path(__file__).parents[1]


class StrayError(Exception):
    """The function raised an exception meant for the process or the event loop (the cause), not for its caller."""


def original_error(error: BaseException) -> BaseException:
    """Return what the function itself raised."""
    return error.__cause__ if isinstance(error, StrayError) and error.__cause__ is not None else error


def error_text(error: BaseException) -> str:
    """Word an exception as the worker reports it."""
    error = original_error(error)
    return f"{type(error).__name__}: {error}"


def source_location(error: BaseException, app: Path) -> str:
    """Return ``file:line`` of the innermost call in the app, relative to its folder; "" without one."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    inside = [one for one in frames if _is_of_app(one[0], app)]
    return f"{inside[-1][0].relative_to(app)}:{inside[-1][1]}" if inside else ""


def _is_of_app(file: Path, app: Path) -> bool:
    return file.is_relative_to(app) and not file.is_relative_to(_HOST) and "site-packages" not in file.parts
