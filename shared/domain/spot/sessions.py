"""The sessions on a host of a Spot Group, and what users are told. Pure."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from shared.domain.values import Value


class Notice(Value):
    """What users are told. Source of the limits: learn.microsoft.com/rest/api/desktopvirtualization/user-sessions."""

    title: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1, max_length=1000)


class DesktopSession(Value):
    """One session; *id* tells it from the others of its group. *number*: by which Azure knows it on its host."""

    id: str
    number: str
    session_host_id: str
    user_principal_name: str = ""
    state: str
    began: datetime | None = None
