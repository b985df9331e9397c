"""Notes: why something was made or changed, when, and who did it."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.values import Value, several_lines

LONGEST_NOTE = 4000
NoteText = Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(several_lines)]
NewNote = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE), AfterValidator(several_lines)]
_MOST = 200


class Note(Value):
    """Why something was made or changed, when, and who did it."""

    text: str = Field(max_length=LONGEST_NOTE)
    by: str
    at: datetime


def noted(notes: tuple[Note, ...], text: str | None, *, by: str, at: datetime) -> tuple[Note, ...]:
    """Return *notes* with one more, if there is a *text*; of very many the oldest go."""
    return (*notes, Note(text=text, by=by, at=at))[-_MOST:] if text else notes
