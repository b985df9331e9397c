"""An image set: a source, and the versions that are made from it for the hosts of Spot Groups."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from shared.domain.images.image import ImageSource
from shared.domain.spot.notes import Note
from shared.domain.values import Value, wrong_at

MOST_SCRIPT_CHARACTERS = 60_000
"""Of all scripts of a recipe together: each version keeps the recipe by which it was made."""

BUILD_ESTIMATE = timedelta(minutes=90)
"""How long a version usually takes that is built without hands: a machine, its capture, a test, its replication."""


class HostPoolType(StrEnum):
    """For which hosts the versions are. Azure Virtual Desktop: hostPoolType."""

    POOLED = "pooled"  # multi-session Windows
    PERSONAL = "personal"  # single-session Windows


class RecipeStep(Value):
    """One step of a recipe: a PowerShell script, or a package of winget."""

    name: str = Field(
        max_length=60, pattern=r"^[A-Za-z0-9_À-ɏ][A-Za-z0-9_À-ɏ .()-]*$", title="Name", description="Of the step."
    )
    script: Annotated[str, Field(min_length=1, max_length=20_000)] | None = Field(
        None, title="Script", description="PowerShell, run as SYSTEM. Name this or a package."
    )
    package_id: Annotated[str, Field(max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")] | None = Field(
        None, title="Package", description="The id of a winget package."
    )
    package_version: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")] | None = Field(
        None, title="Package version", description="The newest when left out."
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.script is None) == (self.package_id is None):
            raise wrong_at("script", "write a script or the packageId of a package: one of the two")
        if self.package_version is not None and self.package_id is None:
            raise wrong_at("packageVersion", "leave it out, or name the packageId to which it belongs")
        return self


class Schedule(Value):
    """When a version is built each month; in UTC."""

    day_of_month: int = Field(ge=1, le=28, title="Day of the month", description="1 to 28.")
    hour: int = Field(2, ge=0, le=23, title="Hour", description="In UTC.")


class Recipe(Value):
    """How a version is built without hands: its steps in order, and when."""

    steps: tuple[RecipeStep, ...] = Field((), max_length=20, title="Steps", description="Run in this order.")
    schedule: Schedule | None = Field(
        None, title="Schedule", description="When a version is built each month; none when left out."
    )

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if sum(len(step.script or "") for step in self.steps) > MOST_SCRIPT_CHARACTERS:
            raise wrong_at("steps", f"the scripts may have {MOST_SCRIPT_CHARACTERS} characters together")
        return self


class ImageSet(Value):
    """An image set. *home_site_id*: where its machines and its gallery are; *is_global*: its versions go to all sites.

    *next_build_at*: when its schedule builds the next version.
    """

    id: str
    tenant_id: str
    display_name: str
    description: str = ""
    notes: tuple[Note, ...] = ()
    host_pool_type: HostPoolType
    home_site_id: str
    is_global: bool = False
    source: ImageSource
    source_name: str
    recipe: Recipe = Field(default_factory=Recipe)
    next_build_at: datetime | None = None
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def gallery_name(self) -> str:
        """What its definition in the gallery is named after: no other set's, nor that of a device image."""
        return f"{self.display_name} set {self.id[:8]}"

    def audited(self) -> dict[str, Any]:
        """Return what an audit event keeps of it: of scripts only how long they are."""
        audited = self.to_json()
        for step in audited.get("recipe", {}).get("steps", []):
            if "script" in step:
                step["script"] = f"{len(step['script'])} characters"
        return audited


def next_build(schedule: Schedule | None, after: datetime) -> datetime | None:
    """Return the next moment of *schedule* after *after*; None without a schedule."""
    if schedule is None:
        return None
    moment = after.replace(day=schedule.day_of_month, hour=schedule.hour, minute=0, second=0, microsecond=0)
    if moment > after:
        return moment
    year, month = divmod(moment.year * 12 + moment.month, 12)
    return moment.replace(year=year, month=month + 1)
