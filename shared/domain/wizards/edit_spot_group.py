"""Edit Spot Group: everything that may change; site, licence type and dedicated desktops stay for ever."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.spot.groups.group import SpotGroup, UncPath
from shared.domain.spot.groups.members import without_place
from shared.domain.spot.notes import NoteText
from shared.domain.values import Description, Id, Value, amount, differing
from shared.domain.wizards.changes import summary_of
from shared.domain.wizards.create_provisioning_policy import group_problems
from shared.domain.wizards.create_spot_group import (
    NAME_TAKEN,
    EditCapacityStep,
    capacity_problems_of,
    capacity_warnings,
    connection_warnings,
    quantity_warnings,
)
from shared.domain.wizards.fields import Name, name_taken
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, ReviewWarning, WarningCode, review
from shared.domain.wizards.spot_group_steps import (
    DataStep,
    GroupIds,
    HostsStep,
    LicenseStep,
    Quantity,
    SessionsStep,
    SpotGroupFacts,
    SpotGroupSiteStep,
    Tags,
    hosts_problems,
    license_problems,
)
from shared.errors import Problem

_MOST_NAMES, _MOST_IN_DETAILS = 10, 1000


class SelectStep(Value):
    """The Spot Group to edit."""

    spot_group_id: Id = Field(title="Spot Group", description="The group to change.")


class _Names(Value):
    display_name: Name | None = Field(None, title="Name", description="For administrators; no other Spot Group has it.")
    friendly_name: Name | None = Field(None, title="Friendly name", description="What users see on their desktop.")
    description: Description | None = Field(None, title="Description", description="What it is for.")
    profile_path: UncPath | None = Field(
        None, title="Profile path", description="A UNC path that every host can reach."
    )


class EditNameStep(DataStep, _Names):
    """Names and paths; omitted fields do not change. A single path for profiles and data stays a single one."""

    tags: Tags | None = Field(None, title="Tags", description="Of its resources in Azure.")


class EditLicenseStep(Value):
    """Number of users; left out: unchanged."""

    quantity: Quantity | None = Field(None, title="Quantity", description="How many users there is room for.")


class EditGroupsStep(Value):
    """Groups of users of the desktops; left out: unchanged."""

    group_ids: GroupIds | None = Field(
        None, title="Groups", description="Every member gets a desktop; nested groups count."
    )


class EditSessionsStep(Value):
    """The sessions as a whole; left out: they stay."""

    sessions: SessionsStep | None = Field(None, title="Sessions", description="Replaces all settings of sessions.")


class EditHostsStep(Value):
    """The settings of the hosts as a whole; left out: they stay. Hosts get them when they are rebuilt."""

    hosts: HostsStep | None = Field(
        None, title="Session hosts", description="Replaces all settings of hosts. A host gets them when it is rebuilt."
    )


class EditNotesStep(Value):
    """Why it is changed."""

    notes: NoteText = Field("", title="Note", description="Kept with its author and date.")


EDIT_SPOT_GROUP = Wizard(
    "edit-spot-group",
    "Edit Spot Group",
    (
        WizardStep("group", "Select Spot Group", SelectStep),
        WizardStep("name", "Name, Description and Profile Path", EditNameStep),
        WizardStep("license", "Select Spot Group License", EditLicenseStep),
        WizardStep("groups", "Select Groups", EditGroupsStep),
        WizardStep("sessions", "Logoff Settings and RDP Properties", EditSessionsStep),
        WizardStep("hosts", "Session Hosts", EditHostsStep),
        WizardStep("capacity", "Capacity and Schedule", EditCapacityStep),
        WizardStep("notes", "Add Notes", EditNotesStep),
        WizardStep(REVIEW, "Review and Save Spot Group"),
    ),
)


def review_spot_group_edit(
    form: Mapping[str, Any], facts: SpotGroupFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of an edit, and the values read from it."""
    reading = EDIT_SPOT_GROUP.read(form, through_step)
    group = selected(reading, facts)
    problems = [*reading.problems, *_problems(reading, group, facts)]
    warnings = _warnings(reading, group, facts) if group else []
    reviewed = review(EDIT_SPOT_GROUP, through_step, problems, warnings, _forecast(reading, group))
    return reviewed, Reading(reading.values, tuple(problems))


def selected(reading: Reading, facts: SpotGroupFacts) -> SpotGroup | None:
    """Return the group that is edited, None if there is no such one."""
    step = reading.value("group", SelectStep)
    return next((group for group in facts.spot_groups if step and group.id == step.spot_group_id), None)


def edited(group: SpotGroup, reading: Reading) -> SpotGroup:
    """Return the group as the form changes it, without its assignments and notes."""
    name, licence = reading.value("name", EditNameStep), reading.value("license", EditLicenseStep)
    sessions, hosts = reading.value("sessions", EditSessionsStep), reading.value("hosts", EditHostsStep)
    capacity = reading.value("capacity", EditCapacityStep)
    named = {field: value for field, value in dict(name or ()).items() if value is not None}
    named.pop("shared_drive", None)
    profiles = named.get("profile_path", group.profile_path)
    return group.but(
        **{**named, "data_path": name.shared_data(profiles, group) if name else group.data_path},
        quantity=(licence and licence.quantity) or group.quantity,
        sessions=dict(sessions.sessions) if sessions and sessions.sessions else group.sessions,
        hosts=dict(hosts.hosts) if hosts and hosts.hosts else group.hosts,
        capacity=dict(capacity.capacity) if capacity and capacity.capacity else group.capacity,
    )


def _problems(reading: Reading, group: SpotGroup | None, facts: SpotGroupFacts) -> Iterable[Problem]:
    if group is None:
        if reading.value("group", SelectStep):
            yield Problem("/group/spotGroupId", "there is no such Spot Group; choose one of the tenant's", "group")
        return
    if group.deleting_since is not None:
        yield Problem("/group/spotGroupId", "the Spot Group is being deleted", "group")
    name = reading.value("name", EditNameStep)
    others = [each.display_name for each in facts.spot_groups if each.id != group.id]
    if name and name.display_name and name_taken(name.display_name, others):
        yield NAME_TAKEN
    licence = reading.value("license", EditLicenseStep)
    if licence and licence.quantity:
        wanted = LicenseStep(license_type=group.license_type, quantity=licence.quantity)
        yield from license_problems(wanted, facts, own=group.quantity)
    groups = reading.value("groups", EditGroupsStep)
    if groups and groups.group_ids:
        yield from group_problems(groups.group_ids, facts.groups)
    hosts = reading.value("hosts", EditHostsStep)
    if hosts and hosts.hosts:
        for wrong in hosts_problems(hosts.hosts, group.license_type, facts):
            yield Problem(wrong.pointer.replace("/hosts/", "/hosts/hosts/", 1), wrong.message, wrong.step)
    after = edited(group, reading)
    if after.capacity != group.capacity:
        yield from capacity_problems_of(after.capacity, after, "/capacity/capacity")


def _warnings(reading: Reading, group: SpotGroup, facts: SpotGroupFacts) -> list[ReviewWarning]:
    licence = reading.value("license", EditLicenseStep)
    quantity = (licence and licence.quantity) or group.quantity
    site = SpotGroupSiteStep(site_id=group.site_id, connection_id=group.connection_id)
    more = max(0, quantity - group.quantity)
    return [
        *connection_warnings(site, facts),
        *quantity_warnings(quantity, facts),
        *_lost_places(group, quantity, edited(group, reading).capacity.notice_in_minutes, facts),
        *(capacity_warnings(group.license_type, more, site, facts) if more else ()),
    ]


def _lost_places(group: SpotGroup, quantity: int, minutes: int, facts: SpotGroupFacts) -> Iterable[ReviewWarning]:
    """Return a warning about members who would lose their place by a lower quantity, and about their sessions."""
    losing = without_place(facts.known_members, quantity) if quantity < group.quantity else ()
    if not losing:
        return
    names = [member.user_principal_name for member in losing]
    more = len(names) - _MOST_NAMES
    listed = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    yield ReviewWarning(
        concern=WarningCode.PLACES_LOST,
        step="license",
        message=f"{amount(len(names), 'user')} would lose their place: {listed}. Who of them is signed in is told, "
        f"has {amount(minutes, 'minute')} to save their work, and is then signed off.",
        details={"users": names[:_MOST_IN_DETAILS], "number": len(names), "noticeInMinutes": minutes},
    )


def _forecast(reading: Reading, group: SpotGroup | None) -> Forecast | None:
    if group is None:
        return None
    after = edited(group, reading)
    changed = differing(group.to_json(), after.to_json())
    groups = reading.value("groups", EditGroupsStep)
    if groups and groups.group_ids and set(groups.group_ids) != set(group.group_ids):
        changed.append("groupIds")
    summary = summary_of(EDIT_SPOT_GROUP, changed)
    return Forecast(
        summary=summary,
        details={"changed": changed, "hostsBefore": group.host_count, "hostsAfter": after.host_count},
    )
