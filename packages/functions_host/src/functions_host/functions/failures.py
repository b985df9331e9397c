"""Failures of the app's functions: their wording, and their place in the app."""

import traceback
from pathlib import Path

_HOST = Path(__file__).parents[1]
_MAX_CAUSES = 5


class StrayError(Exception):
    """The function raised an exception meant for the process or the event loop (the cause), not for its caller."""


def original_error(error: BaseException) -> BaseException:
    """Return the exception that the function itself raised."""
    return error.__cause__ if isinstance(error, StrayError) and error.__cause__ is not None else error


def error_text(error: BaseException) -> str:
    """Word an exception as the worker reports it."""
    error = original_error(error)
    return f"{type(error).__name__}: {error}"


def causes_of(error: BaseException) -> str:
    """Word the exceptions that the function's own was raised from, or while handling; "" without one."""
    texts: list[str] = []
    one: BaseException | None = original_error(error)
    while one is not None and len(texts) <= _MAX_CAUSES:
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if one is not None:
            texts.append(f"{type(one).__name__}: {one}")
    return "; ".join(texts)


def source_location(error: BaseException, app: Path) -> str:
    """Return ``file:line`` of the innermost call in the app, relative to its folder; "" without one."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    inside = [one for one in frames if _is_of_app(one[0], app)]
    return f"{inside[-1][0].relative_to(app)}:{inside[-1][1]}" if inside else ""


def stack_text(error: BaseException) -> str:
    """Return the stack of an exception as Python prints it, without the calls of this host and of libraries.

    So it is the same however the function was called: resumed, replayed, or by the SDK alone.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename and not _is_of_host(frame.filename)]
    return "".join(traceback.StackSummary.from_list(own).format())


def _is_of_host(file: str) -> bool:
    return Path(file).is_relative_to(_HOST)


def _is_of_app(file: Path, app: Path) -> bool:
    return file.is_relative_to(app) and not file.is_relative_to(_HOST) and "site-packages" not in file.parts
