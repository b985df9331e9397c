"""Update Spot Group: another image version, and the method by which its users get it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, Field

from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.target import Method
from shared.domain.spot.notes import NoteText
from shared.domain.values import Value
from shared.domain.wizards.create_spot_group import capacity_warnings
from shared.domain.wizards.edit_spot_group import SelectStep
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, ReviewWarning, WarningCode, review
from shared.domain.wizards.spot_group_steps import SpotGroupFacts, SpotGroupImageStep, SpotGroupSiteStep, image_problems
from shared.errors import Problem

_LATEST = timedelta(days=365)


class MethodStep(Value):
    """Release method for users to move to the new hosts. *at*: time of a scheduled release, or its earliest.

    *sign_off_after_in_minutes*: how long after the notice users are signed off; opportunistic releases sign off nobody.
    *surge*: how many hosts there may be beyond the group's own meanwhile; as many again when left out.
    """

    method: Method = Field(title="Release method", description="How users move to the new hosts.")
    at: AwareDatetime | None = Field(None, title="Time", description="When a scheduled release begins.")
    during_maintenance_window: bool = Field(
        False,
        title="In the maintenance window",
        description="A scheduled release moves users in the next maintenance window of the group that is long enough.",
    )
    sign_off_after_in_minutes: int = Field(
        5,
        ge=0,
        le=1440,
        title="Sign off after (minutes)",
        description="After the notice; an opportunistic release signs off nobody.",
    )
    surge: int | None = Field(
        None,
        ge=1,
        le=5_000,
        title="Additional hosts",
        description="How many there may be beyond the group's own meanwhile; as many again when left out.",
    )
    notes: NoteText = Field("", title="Note", description="Kept with its author and date.")


UPDATE_SPOT_GROUP = Wizard(
    "update-spot-group",
    "Update Spot Group",
    (
        WizardStep("group", "Select Spot Group", SelectStep),
        WizardStep("image", "Select Image Set", SpotGroupImageStep, "An older version is a way back."),
        WizardStep(
            "method",
            "Release Method",
            MethodStep,
            "Opportunistic: users come as they sign in. Immediate: they are moved as soon as new hosts are there. "
            "Scheduled: they are moved at a time, and the hosts are built just before.",
        ),
        WizardStep(REVIEW, "Review and Save"),
    ),
)


def review_spot_group_update(
    form: Mapping[str, Any], facts: SpotGroupFacts, now: datetime, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a release, and the values read from it."""
    reading = UPDATE_SPOT_GROUP.read(form, through_step)
    step = reading.value("group", SelectStep)
    group = next((each for each in facts.spot_groups if step and each.id == step.spot_group_id), None)
    problems = [*reading.problems, *_problems(reading, group, facts, now)]
    warnings = _warnings(group, facts) if group else []
    forecast = _forecast(reading, group) if group else None
    return review(UPDATE_SPOT_GROUP, through_step, problems, warnings, forecast), Reading(
        reading.values, tuple(problems)
    )


def _problems(reading: Reading, group: SpotGroup | None, facts: SpotGroupFacts, now: datetime) -> Iterable[Problem]:
    if group is None:
        if reading.value("group", SelectStep):
            yield Problem("/group/spotGroupId", "there is no such Spot Group; choose one of the tenant's", "group")
        return
    if group.deleting_since is not None:
        yield Problem("/group/spotGroupId", "the Spot Group is being deleted", "group")
    if image := reading.value("image", SpotGroupImageStep):
        yield from image_problems(image, facts.site(group.site_id), group.license_type, facts)
        same = (image.image_set_id, image.image_version) == (group.image_set_id, group.image_version)
        if same and not facts.other_hosts:
            message = "the group and all its hosts have this version and the settings already; choose another"
            yield Problem("/image/imageVersion", message, "image")
    if method := reading.value("method", MethodStep):
        yield from _method_problems(method, now)


def _method_problems(step: MethodStep, now: datetime) -> Iterable[Problem]:
    if step.method is not Method.SCHEDULED:
        if step.at is not None:
            yield Problem("/method/at", "only a scheduled release has a time; leave it out", "method")
        if step.during_maintenance_window:
            message = "only a scheduled release waits for a maintenance window"
            yield Problem("/method/duringMaintenanceWindow", message, "method")
        return
    if step.at is None and step.during_maintenance_window:
        return
    if step.at is None:
        yield Problem("/method/at", "write the time of the release, such as 2026-12-01T20:00:00Z", "method")
    elif not now < step.at <= now + _LATEST:
        yield Problem("/method/at", "choose a time from now on, within a year", "method")


def _warnings(group: SpotGroup, facts: SpotGroupFacts) -> list[ReviewWarning]:
    site = SpotGroupSiteStep(site_id=group.site_id, connection_id=group.connection_id)
    found = capacity_warnings(group.license_type, group.quantity, site, facts)
    return [warning for warning in found if warning.concern is not WarningCode.RIGHTS_SHORT]


def _forecast(reading: Reading, group: SpotGroup) -> Forecast | None:
    image, method = reading.value("image", SpotGroupImageStep), reading.value("method", MethodStep)
    if image is None or method is None:
        return None
    details = {
        "hosts": group.host_count,
        "from": group.image_version,
        "to": image.image_version,
        "method": method.method.value,
    }
    if group.license_type is LicenseType.PERSONAL_DEDICATED:
        summary = "Hosts that are there stay as they are; hosts that are built from now on have the new version."
        return Forecast(summary=summary, details={**details, "rebuilt": 0})
    summary = f"One host of version {image.image_version} is built and tried first, then {group.host_count - 1} more. "
    if method.method is Method.OPPORTUNISTIC:
        summary += "Nobody is signed off: old hosts go when their last session has ended."
    else:
        summary += (
            f"Users of old hosts get a notice and are signed off {method.sign_off_after_in_minutes} minutes later."
        )
    return Forecast(summary=summary, details={**details, "rebuilt": group.host_count})
