"""Log lines that callers cannot forge: line breaks and control characters in their input are escaped."""

from __future__ import annotations

import logging
import re
import traceback

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")  # with separators and bidi marks
_FRAME = '  File "'


def escaped(text: str) -> str:
    """Return *text* on one line, with control characters as Python escapes."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


class EscapedRecord(logging.LogRecord):
    """A record of one line; of an exception its frames have lines of their own, its message has one."""

    def getMessage(self) -> str:  # noqa: N802 - logging's own name
        """Return the message, escaped."""
        return escaped(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback, escaped: a formatter takes it instead of making its own."""
        if not self.exc_info or self.exc_info[1] is None:
            return None
        parts = [part.rstrip("\n") for part in traceback.format_exception(self.exc_info[1])]
        return "\n".join(part if part.startswith(_FRAME) else escaped(part.strip("\n")) for part in parts)

    @exc_text.setter
    def exc_text(self, _: str | None) -> None:  # a formatter keeps what it made: not needed
        pass


def escape_log() -> None:
    """Install a LogRecord factory that escapes control characters."""
    logging.setLogRecordFactory(EscapedRecord)


def quiet_libraries() -> None:
    """Set the Azure SDK's loggers to WARNING.

    The worker's root logger lets INFO pass, and the SDK says each request and each answer there, with its address and
    headers: two records of a kilobyte for each read of a table, and keys of rows in them.
    """
    logging.getLogger("azure").setLevel(logging.WARNING)
