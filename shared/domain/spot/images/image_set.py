"""An image set: a source, and the versions that are made from it for the hosts of Spot Groups."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.images.image import ImageSource
from shared.domain.machines.software import PackageId, PackageVersion, Script, check_one_of_both
from shared.domain.spot.notes import Note
from shared.domain.values import Value, printable, wrong_at

MOST_SCRIPT_CHARACTERS = 60_000
"""Most characters of all scripts of a recipe together: each version keeps the recipe by which it was made."""

BUILD_ESTIMATE = timedelta(minutes=90)
"""Usual duration of an automatic build of a version: a machine, its capture, a test, its replication."""


def _variable(text: str) -> str:
    if not (text.isascii() and text.isidentifier()) or text.startswith("_"):
        raise ValueError("write letters, digits and underscores, a letter first")
    return text


_Variable = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_variable)]


class HostPoolType(StrEnum):
    """Type of the hosts that the versions are for. Azure Virtual Desktop: hostPoolType."""

    POOLED = "pooled"  # multi-session Windows
    PERSONAL = "personal"  # single-session Windows


class RecipeStep(Value):
    """One step of a recipe: a PowerShell script, or a package of winget."""

    name: str = Field(
        max_length=60,
        pattern=r"^[A-Za-z0-9_À-ɏ][A-Za-z0-9_À-ɏ .()-]*$",
        title="Name",
        description="The step's name in the history of a build.",
    )
    script: Script | None = Field(
        None, title="Script", description="A PowerShell script, run as SYSTEM. Enter a script or a package."
    )
    package_id: PackageId | None = Field(
        None, title="Package", description="The id of a winget package. Enter a package or a script."
    )
    package_version: PackageVersion | None = Field(
        None, title="Package version", description="Leave it empty to install the newest version."
    )

    secrets: tuple[_Variable, ...] = Field(
        (),
        max_length=10,
        title="Secrets",
        description="Names of secrets of the recipe that the script gets: NAME as $env:SECRET_NAME.",
    )

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        check_one_of_both(self.script, self.package_id, self.package_version)
        if self.secrets and self.script is None:
            raise wrong_at("secrets", "leave them out, or write a script: a package gets none")
        return self


class RecipeSecret(Value):
    """A secret of a recipe. *value*: in forms only, None keeps the stored one; records and answers have the name."""

    name: _Variable = Field(title="Name", description="The name by which steps refer to it.")
    value: Annotated[str, Field(min_length=8, max_length=2000), AfterValidator(printable)] | None = Field(
        None,
        repr=False,
        json_schema_extra={"writeOnly": True},
        title="Value",
        description="Stored in Key Vault and never shown again. Leave it out to keep what there is.",
    )


class StoredSecret(Value):
    """Location of a recipe's secret in Key Vault."""

    name: str
    secret_url: str


class BuildSchedule(Value):
    """Monthly time at which a version is built; in UTC."""

    day_of_month: int = Field(ge=1, le=28, title="Day of the month", description="A day from 1 to 28.")
    hour: int = Field(2, ge=0, le=23, title="Hour", description="An hour in UTC.")


class Recipe(Value):
    """Automatic build of a version: its steps in order, and its schedule."""

    steps: tuple[RecipeStep, ...] = Field((), max_length=20, title="Steps", description="They run in this order.")
    schedule: BuildSchedule | None = Field(
        None,
        title="Schedule",
        description="When a version is built each month. Leave it empty to build versions by hand.",
    )
    keep_versions: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Keep versions",
        description="So many of the newest stay; older ones that nothing uses are deleted. All stay when left out.",
    )
    secrets: tuple[RecipeSecret, ...] = Field(
        (),
        max_length=10,
        title="Secrets",
        description="Passwords and keys that scripts need: write them here, never into a script.",
    )

    @model_validator(mode="after")
    def _is_not_too_long(self) -> Self:
        if sum(len(step.script or "") for step in self.steps) > MOST_SCRIPT_CHARACTERS:
            raise wrong_at("steps", f"the scripts may have {MOST_SCRIPT_CHARACTERS} characters together")
        return self

    @model_validator(mode="after")
    def _names_its_secrets(self) -> Self:
        names = [secret.name for secret in self.secrets]
        if len({name.casefold() for name in names}) < len(names):  # Windows knows one variable by both
            raise wrong_at("secrets", "give each secret a name of its own")
        for step in self.steps:
            if unknown := [name for name in step.secrets if name not in names]:
                raise wrong_at(
                    "steps",
                    f"{step.name} asks for {unknown[0]}, which is not among the secrets; add it there, or leave it out",
                )
        return self

    def without_values(self) -> "Recipe":
        """Return the recipe without the values of its secrets, for storage and display."""
        return self.but(secrets=tuple(RecipeSecret(name=secret.name) for secret in self.secrets))

    def without_source(self) -> dict[str, Any]:
        """Return the recipe without its scripts, as shown to users who may not edit it."""
        shown = self.without_values().to_json()
        return {**shown, "steps": [_left_out(step, "script") for step in shown.get("steps", [])]}


def _left_out(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def missing_values(recipe: Recipe, known: Iterable[str]) -> list[int]:
    """Return the numbers of the secrets that have no value, neither in the form nor among the *known* names."""
    stored = frozenset(known)
    return [n for n, secret in enumerate(recipe.secrets) if secret.value is None and secret.name not in stored]


class ImageSet(Value):
    """An image set. *home_site_id*: where its machines and its gallery are; *is_global*: its versions go to all sites.

    *next_build_at*: when its schedule builds the next version. *stored_secrets*: of its recipe, which has no value.
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
    stored_secrets: tuple[StoredSecret, ...] = ()
    next_build_at: datetime | None = None
    created_date_time: datetime
    last_modified_date_time: datetime

    @model_validator(mode="after")
    def _keeps_no_secret(self) -> Self:
        if any(secret.value is not None for secret in self.recipe.secrets):
            raise ValueError("the values of secrets are kept in Key Vault only")
        return self

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the secrets that are stored."""
        return tuple(secret.name for secret in self.stored_secrets)

    def due_at(self, at: datetime) -> datetime | None:
        """Return when the set is next due: its next build, or *at* to delete old versions; None if it is not."""
        moments = [self.next_build_at] if self.next_build_at else []
        return min([*moments, *([at] if self.recipe.keep_versions is not None else [])], default=None)

    @property
    def copies_first(self) -> bool:
        """Whether version 0.0.0 is built and copied: a Global set of a gallery version, which is not everywhere.

        So is any set of a managed image, from which no host is made. An image of the marketplace is in every region:
        the version refers to it.
        """
        source = self.source
        return source.managed_image_id is not None or (self.is_global and source.gallery_version_id is not None)

    @property
    def gallery_name(self) -> str:
        """Name of its definition in the gallery, unique among image sets and device images."""
        return f"{self.display_name} set {self.id[:8]}"

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: the lengths of scripts, and the names of secrets."""
        audited = self.to_json()
        audited.pop("storedSecrets", None)
        for step in audited.get("recipe", {}).get("steps", []):
            if "script" in step:
                step["script"] = f"{len(step['script'])} characters"
        return audited


def next_build(schedule: BuildSchedule | None, after: datetime) -> datetime | None:
    """Return the next moment of *schedule* after *after*; None without a schedule."""
    if schedule is None:
        return None
    moment = after.replace(day=schedule.day_of_month, hour=schedule.hour, minute=0, second=0, microsecond=0)
    if moment > after:
        return moment
    year, month = divmod(moment.year * 12 + moment.month, 12)
    return moment.replace(year=year, month=month + 1)
