"""Text sent by a caller cannot begin a line of the log."""

import logging

import pytest

from shared.log_records import EscapedRecord, escaped

FORGED = "quiet\n12:00  info  all is well\x00\x1b[31m\u2028\u202e\ud800"


def fail() -> None:
    raise ValueError(FORGED)


def record(message: str, *values: object, error: BaseException | None = None) -> EscapedRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return EscapedRecord("deskwright", logging.WARNING, __file__, 1, message, values, info)


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"], ids=ascii)
def test_a_control_character_is_written_out(character: str) -> None:
    assert escaped(f"a{character}b") == f"a{ascii(character)[1:-1]}b"


def test_what_people_write_stays_as_it_is() -> None:
    assert escaped("Zoë Ωmega 🔑 日本") == "Zoë Ωmega 🔑 日本"


def test_a_message_is_one_line_wherever_the_text_comes_from() -> None:
    line = logging.Formatter("%(message)s").format(record("%s is not Graph's", FORGED))
    assert len(line.splitlines()) == 1


def test_an_exception_s_own_words_are_one_line_and_its_frames_have_theirs() -> None:
    with pytest.raises(ValueError, match="quiet") as raised:
        fail()
    written = logging.Formatter("%(message)s").format(record("failed", error=raised.value))
    assert "12:00  info" in written.splitlines()[-1]
    assert any(line.startswith('  File "') for line in written.splitlines())
    assert "\x00" not in written


def test_the_app_s_log_is_escaped() -> None:
    import function_app  # noqa: F401 - what its import sets

    assert logging.getLogRecordFactory() is EscapedRecord
