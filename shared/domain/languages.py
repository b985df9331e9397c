"""The languages of the catalogue ``shared/words``."""

from enum import StrEnum


class Locale(StrEnum):
    """Languages of the texts of notices."""

    ENGLISH = "en-US"
    GERMAN = "de-DE"
