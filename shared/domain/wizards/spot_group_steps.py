"""The pages that the wizards of a Spot Group have in common, and the facts that they are checked against."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.networks.connection import Connection
from shared.domain.spot.groups.group import HostSettings, LicenseType, Sessions, SpotGroup, UncPath
from shared.domain.spot.groups.members import SeenMember, SpotMember
from shared.domain.spot.notes import NoteText
from shared.domain.tenants.directory import Group
from shared.domain.tenants.tenant import Site
from shared.domain.values import Description, Id, Value, Word, distinct, wrong_at
from shared.domain.wizards.fields import Name
from shared.domain.wizards.forecast import Usage
from shared.errors import Problem

_MOST_TAGS = 15
"""Azure allows 50 tags for each resource; ours are some of them."""


_RESERVED = ("deskwright:", "microsoft", "azure", "windows")
_LONGEST_TAG, _LONGEST_VALUE = 512, 256


def _tags(values: dict[str, str]) -> dict[str, str]:
    """Check tags as Azure does: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources."""
    folded: set[str] = set()
    for name, value in values.items():
        if not name:
            raise wrong_at(name, "a tag must have a name")
        if any(each in "<>%&\\?/" or not each.isprintable() for each in name):
            raise wrong_at(name, "leave out < > % & \\ ? / and control characters: no name of a tag may have them")
        if not value.isprintable():
            raise wrong_at(name, "leave out control characters")
        if name.casefold().startswith(_RESERVED):
            raise wrong_at(name, f"must not begin with one of {', '.join(_RESERVED)}: these are reserved")
        if name.casefold() in folded:
            raise wrong_at(name, "must not be named twice: case does not tell two tags apart")
        folded.add(name.casefold())
    return values


_TagName = Annotated[str, Field(max_length=_LONGEST_TAG)]
_TagValue = Annotated[str, Field(max_length=_LONGEST_VALUE)]
Tags = Annotated[dict[_TagName, _TagValue], Field(max_length=_MOST_TAGS), AfterValidator(_tags)]
GroupIds = Annotated[tuple[Id, ...], Field(min_length=1, max_length=100), AfterValidator(distinct)]
Quantity = Annotated[int, Field(ge=1, le=5_000)]


class SpotGroupNameStep(Value):
    """The group's name for administrators, and its name on its users' desktops."""

    display_name: Name = Field(title="Name", description="The name that administrators see. It must be unique.")
    friendly_name: Name = Field(title="Friendly name", description="What users see on their desktop.")


class DataStep(Value):
    """Path of the data that users share; by default the path of the profiles."""

    data_path: UncPath | None = Field(
        None, title="Data path", description="Where the users' shared data is. Leave it empty to use the profile path."
    )
    shared_drive: bool | None = Field(
        None, title="Shared drive", description="Whether every desktop shows the shared data as a drive (S:)."
    )

    @model_validator(mode="after")
    def _is_shown_where_it_is_named(self) -> Self:
        if self.data_path is not None and self.shared_drive is False:
            raise wrong_at("dataPath", "leave it out, or switch the shared drive on")
        return self

    def shared_data(self, profiles: str, before: SpotGroup | None = None) -> str | None:
        """Return the path of the shared data, or None if no desktop shows it.

        *profiles*: the path of the profiles, as the form leaves it. *before*: a group that is edited: what the form
        does not say stays, and where one path serves for both the two stay one.
        """
        is_shown = self.shared_drive
        if is_shown is None:
            is_shown = before is None or before.data_path is not None or self.data_path is not None
        if not is_shown:
            return None
        is_one = before is None or before.data_path in {None, before.profile_path}
        return self.data_path or (profiles if is_one or before is None else before.data_path)


class _Profiles(Value):
    profile_path: UncPath = Field(
        title="Profile path",
        description="A UNC path that every host can reach, for users' profiles and for the data that they share."
        " Dedicated desktops keep their profiles on their own disk.",
    )


class ProfileStep(DataStep, _Profiles):
    """The path of the users' profiles and of the data that they share; another one for the data may be named."""

    shared_drive: bool | None = Field(
        True, title="Shared drive", description="Whether every desktop shows the shared data as a drive (S:)."
    )


class LicenseStep(Value):
    """Licence type and number of users."""

    license_type: LicenseType = Field(title="Licence type", description="It cannot be changed later.")
    quantity: Quantity = Field(title="Quantity", description="How many users there is room for.")


class SpotGroupSiteStep(Value):
    """The site of the hosts. *connection_id*: by which they join; the site's only usable one when left out."""

    site_id: Id = Field(title="Site", description="It cannot be changed later.")
    connection_id: Id | None = Field(
        None,
        title="Connection",
        description="How hosts join the directory. Leave it empty to use the site's only usable connection.",
    )


class SpotGroupGroupsStep(Value):
    """Groups of users of the desktops: existing security groups or Microsoft 365 groups."""

    group_ids: GroupIds = Field(title="Groups", description="Every member gets a desktop; nested groups count.")


class SpotGroupImageStep(Value):
    """The image version that the hosts are built from."""

    image_set_id: Id = Field(title="Image set", description="The set of the version.")
    image_version: Word = Field(title="Version", description="What the hosts are built from.")


class SessionsStep(Sessions):
    """Redirections of the user's device in sessions, and time limits."""


class HostsStep(HostSettings):
    """Settings of the hosts. The licence type decides on omitted values."""


class DescriptionStep(Value):
    """Description of the group, a note, and tags of its Azure resources."""

    description: Description = Field("", title="Description", description="What it is for.")
    notes: NoteText = Field("", title="Note", description="Kept with its author and date.")
    tags: Tags = Field(default_factory=dict, title="Tags", description="Of its resources in Azure.")


class SpotImage(Value):
    """An image version as a choice. *regions*: where hosts can be built from it; empty: everywhere (the marketplace's).

    *multi_session*: whether several users can sign in to one machine; None: nobody said.
    """

    image_set_id: str
    image_set_name: str
    version: str
    available: bool
    status: str
    multi_session: bool | None = None
    regions: tuple[str, ...] = ()


class SpotLicences(Value):
    """The licences of one type of a tenant. *total*: None where the provider has set no limit."""

    total: int | None = None
    used: int = 0

    @property
    def available(self) -> int | None:
        """Number of free licences."""
        return None if self.total is None else max(0, self.total - self.used)


class SpotGroupFacts(Value):
    """Existing records. *members*: of the chosen groups; None when the directory did not answer.

    *known_members*: of the Spot Group that is edited, as they are recorded.
    *rights_used*: the role assignments of the subscription that are taken, *rights_limit*: how many there may be.
    *size_faults*: why hosts cannot have a VM size of the form, as far as Azure says. *other_hosts*: whether the chosen
    group has hosts of another version, or with other settings, than its own.
    """

    sites: tuple[Site, ...]
    connections: tuple[Connection, ...]
    spot_groups: tuple[SpotGroup, ...]
    images: tuple[SpotImage, ...]
    licences: dict[LicenseType, SpotLicences] = Field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    members: tuple[SeenMember, ...] | None = ()
    known_members: tuple[SpotMember, ...] = ()
    usages: tuple[Usage, ...] | None = ()
    rights_used: int = 0
    rights_limit: int = 4000
    size_faults: dict[str, str] = Field(default_factory=dict)
    other_hosts: bool = False

    def site(self, site_id: str) -> Site | None:
        """Return a site, None if there is none."""
        return next((site for site in self.sites if site.id == site_id), None)

    def connection_of(self, step: SpotGroupSiteStep) -> Connection | None:
        """Return the chosen connection, or the site's only usable one; None if there is no such connection."""
        there = [each for each in self.connections if each.site_id == step.site_id]
        if step.connection_id is not None:
            return next((each for each in there if each.id == step.connection_id), None)
        usable = [each for each in there if each.usable]
        return usable[0] if len(usable) == 1 else None

    def image(self, image_set_id: str, version: str) -> SpotImage | None:
        """Return an image version, None if there is none."""
        wanted = (image_set_id, version)
        return next((each for each in self.images if (each.image_set_id, each.version) == wanted), None)


def site_problems(step: SpotGroupSiteStep, facts: SpotGroupFacts) -> Iterable[Problem]:
    """Yield the problems of the site and the connection."""
    if facts.site(step.site_id) is None:
        yield Problem("/site/siteId", "there is no such site; choose one of the tenant's sites", "site")
        return
    if facts.connection_of(step) is not None:
        return
    there = [each for each in facts.connections if each.site_id == step.site_id]
    usable = [each.display_name for each in there if each.usable]
    if step.connection_id is not None:
        message = "the site has no such connection; choose one of the site's connections"
    elif not there:
        message = "the site has no connection, and hosts join the directory by one; create a connection first"
    elif usable:
        message = f"the site has {len(usable)} usable connections; choose one of {', '.join(sorted(usable))}"
    else:
        message = "no connection of the site is usable now; choose one, and the group waits until it is healthy"
    yield Problem("/site/connectionId", message, "site")


def license_problems(
    step: LicenseStep, facts: SpotGroupFacts, *, own: int = 0, pointer: str = "/license/quantity"
) -> Iterable[Problem]:
    """Yield the problem of the quantity. *own*: the number of licences that the group has already."""
    licences = facts.licences.get(step.license_type)
    if licences is None or licences.available is None:
        return
    free = licences.available + own
    if step.quantity > free:
        message = (
            f"the tenant has {licences.total} licences of this type, and {free} of them are free for this group: "
            f"choose at most {free}"
        )
        yield Problem(pointer, message, "license")


def image_problems(
    step: SpotGroupImageStep, site: Site | None, license_type: LicenseType | None, facts: SpotGroupFacts
) -> Iterable[Problem]:
    """Yield the problems of the image version for hosts of a site and a licence type."""
    image = facts.image(step.image_set_id, step.image_version)
    known = [each for each in facts.images if each.image_set_id == step.image_set_id]
    if image is None:
        if known:
            versions = ", ".join(each.version for each in known if each.available) or "none yet"
            yield Problem(
                "/image/imageVersion", f"there is no such version; those that are available: {versions}", "image"
            )
        else:
            yield Problem("/image/imageSetId", "there is no such image set; create one first", "image")
        return
    if not image.available:
        yield Problem(
            "/image/imageVersion", f"the version is {image.status}, not available; wait, or choose another", "image"
        )
    if site and image.regions and site.region not in image.regions:
        message = f"the version is not in {site.region}, the region of the site; it is in {', '.join(image.regions)}"
        yield Problem("/image/imageVersion", message, "image")
    if license_type is LicenseType.POOLED and image.multi_session is False:
        message = "the image is for one user at a time; a pooled group needs Windows Enterprise multi-session"
        yield Problem("/image/imageSetId", message, "image")
    if license_type not in {None, LicenseType.POOLED} and image.multi_session is True:
        message = "the image is multi-session; a personal group needs an image for one user at a time"
        yield Problem("/image/imageSetId", message, "image")


def hosts_problems(step: HostsStep, license_type: LicenseType | None, facts: SpotGroupFacts) -> Iterable[Problem]:
    """Yield the problems of the settings of the hosts."""
    if license_type is LicenseType.POOLED and step.hibernate:
        message = "only hosts of one user hibernate: those of a pooled group are stopped; leave it out"
        yield Problem("/hosts/hibernate", message, "hosts")
    for n, size in enumerate(step.sizes):
        if fault := facts.size_faults.get(size):
            yield Problem(f"/hosts/sizes/{n}", fault, "hosts")
