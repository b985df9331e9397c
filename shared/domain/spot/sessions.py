"""The sessions on a host of a Spot Group, and what users are told. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.texts import several_lines
from shared.domain.values import Value


class Notice(Value):
    """What users are told. Source of the limits: learn.microsoft.com/rest/api/desktopvirtualization/user-sessions."""

    title: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(several_lines)]
    body: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(several_lines)]


class DesktopSession(Value):
    """One session; *id* tells it from the others of its group. *number*: by which Azure knows it on its host."""

    id: str
    number: str
    session_host_id: str
    user_principal_name: str = ""
    state: str
    began: datetime | None = None
