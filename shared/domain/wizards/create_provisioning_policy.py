"""Create Provisioning Policy: connection, image, configuration, groups, detail, review; saving assigns it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage, ImageType
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Connection
from shared.domain.planning.entitlements import Entitlement
from shared.domain.policies.configuration import ConfigurationStep
from shared.domain.policies.image_rings import NOT_KEPT
from shared.domain.policies.policy import Assignment, Policy
from shared.domain.policies.script import DeviceManagementScript
from shared.domain.power.settings import PowerSchedule
from shared.domain.tenants.directory import Group
from shared.domain.tenants.tenant import Site
from shared.domain.values import Description, Id, ResourceId, Value, distinct
from shared.domain.wizards.fields import Name, name_taken
from shared.domain.wizards.forecast import Target, Usage, address_warnings, overlaps, policy_reach
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, ReviewWarning, WarningCode, review
from shared.errors import Problem

NAME_TAKEN = Problem("/detail/displayName", "a provisioning policy of this name exists; choose another", "detail")
MOST_CONNECTIONS = 10
MOST_GROUPS = 100
_LAST = datetime.max.replace(tzinfo=UTC)


class ConnectionStep(Value):
    """The connections, tried in this order."""

    connection_ids: Annotated[
        tuple[Id, ...], Field(min_length=1, max_length=MOST_CONNECTIONS), AfterValidator(distinct)
    ] = Field(title="Connections", description="Tried in this order.")


class PolicyImageStep(Value):
    """Image of Cloud PCs: a gallery image or a device image of the tenant's own."""

    image_type: ImageType = Field(
        title="Image type", description="A marketplace image as it is, or a device image of the tenant's own."
    )
    image_id: ResourceId = Field(title="Image", description="What Cloud PCs are built from.")


class PolicyGroupsStep(Value):
    """Groups for whose members Cloud PCs are built: existing security groups or Microsoft 365 groups."""

    group_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_GROUPS), AfterValidator(distinct)] = Field(
        title="Groups", description="Every licensed member gets a Cloud PC; nested groups count."
    )


class PolicyDetailStep(Value):
    """The name of the policy, and its purpose."""

    display_name: Name = Field(title="Name", description="The name must be unique.")
    description: Description = Field("", title="Description", description="What it is for.")


CREATE_PROVISIONING_POLICY = Wizard(
    "create-provisioning-policy",
    "Create Provisioning Policy",
    (
        WizardStep("connection", "Select Connection", ConnectionStep),
        WizardStep("image", "Select Device Image", PolicyImageStep, "A custom image, or one of the gallery's."),
        WizardStep("configuration", "Configuration", ConfigurationStep),
        WizardStep(
            "groups", "Select Group", PolicyGroupsStep, "Every licensed member gets a Cloud PC; nested groups count."
        ),
        WizardStep("detail", "Provisioning Policy Detail", PolicyDetailStep),
        WizardStep(REVIEW, "Review and Save Provisioning Policy"),
    ),
)


class PolicyFacts(Value):
    """Existing records. *entitlements*: the members of the chosen groups; None when the directory did not answer.

    *places*: the subscriptions over which Cloud PCs are spread, with the quotas *usages*; empty: that of the first
    connection. *rights_left*: the role assignments that they have left for signing in; None where these were not
    counted. *kept_in_days*: how long disks of deleted Cloud PCs are kept.
    """

    sites: tuple[Site, ...]
    connections: tuple[Connection, ...]
    images: tuple[DeviceImage, ...]
    policies: tuple[Policy, ...]
    gallery_images: tuple[GalleryImage, ...]
    power_schedules: tuple[PowerSchedule, ...] = ()
    scripts: tuple[DeviceManagementScript, ...] = ()
    groups: tuple[Group, ...] = ()
    entitlements: tuple[Entitlement, ...] | None = ()
    cloud_pcs: tuple[CloudPc, ...] = ()
    usages: tuple[Usage, ...] | None = ()
    places: tuple[str, ...] = ()
    rights_left: int | None = None
    kept_in_days: int = 0

    def chosen_connections(self, reading: Reading) -> list[Connection]:
        """Return the connections that were chosen and exist, in order."""
        step = reading.value("connection", ConnectionStep)
        known = {c.id: c for c in self.connections}
        return [known[i] for i in step.connection_ids if i in known] if step else []

    def region_of(self, connection: Connection) -> str | None:
        """Return the region of a connection's site."""
        return next((s.region for s in self.sites if s.id == connection.site_id), None)


def review_policy(
    form: Mapping[str, Any], facts: PolicyFacts, through_step: str = REVIEW, *, groups_needed: bool = True
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it. Graph creates a policy first and assigns it later."""
    reading = CREATE_PROVISIONING_POLICY.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    groups = reading.value("groups", PolicyGroupsStep)
    if groups_needed and groups and not groups.group_ids:
        problems.append(Problem("/groups/groupIds", "choose at least one group", "groups"))
    warnings, forecast = _forecast(reading, facts)
    reviewed = review(CREATE_PROVISIONING_POLICY, through_step, problems, warnings, forecast)
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: PolicyFacts) -> list[Problem]:
    found: list[Problem] = []
    connection = reading.value("connection", ConnectionStep)
    if connection:
        known = {c.id for c in facts.connections}
        found += [
            Problem(f"/connection/connectionIds/{n}", "there is no such connection", "connection")
            for n, each in enumerate(connection.connection_ids)
            if each not in known
        ]
    image = reading.value("image", PolicyImageStep)
    if image and (wrong := _image_problem(image, reading, facts)):
        found.append(Problem("/image/imageId", wrong, "image"))
    configuration = reading.value("configuration", ConfigurationStep)
    schedule = configuration.power_schedule_id if configuration else None
    if schedule and schedule not in {each.id for each in facts.power_schedules}:
        found.append(Problem("/configuration/powerScheduleId", "there is no such power schedule", "configuration"))
    found += [
        Problem(f"/configuration/scripts/{n}/scriptId", "there is no such script", "configuration")
        for n, each in enumerate(configuration.scripts if configuration else ())
        if each.script_id not in {script.id for script in facts.scripts}
    ]
    if configuration and configuration.image_rings.enabled and not facts.kept_in_days:
        found.append(Problem("/configuration/imageRings/enabled", NOT_KEPT, "configuration"))
    groups = reading.value("groups", PolicyGroupsStep)
    if groups:
        found.extend(group_problems(groups.group_ids, facts.groups))
    detail = reading.value("detail", PolicyDetailStep)
    if detail and name_taken(detail.display_name, (p.display_name for p in facts.policies)):
        found.append(NAME_TAKEN)
    return found


def group_problems(group_ids: tuple[str, ...], groups: tuple[Group, ...]) -> list[Problem]:
    """Return a problem for each group that does not exist, or that a policy cannot be assigned to."""
    known = {g.id: g for g in groups}
    found = []
    for n, group_id in enumerate(group_ids):
        group = known.get(group_id)
        if group is None:
            found.append(Problem(f"/groups/groupIds/{n}", "there is no such group", "groups"))
        elif not group.assignable:
            message = f"{group.display_name} is a {group.kind} group; a security or Microsoft 365 group is needed"
            found.append(Problem(f"/groups/groupIds/{n}", message, "groups"))
    return found


def _image_problem(step: PolicyImageStep, reading: Reading, facts: PolicyFacts) -> str | None:
    if step.image_type is ImageType.GALLERY:
        known = {i.id.lower() for i in facts.gallery_images}
        return None if step.image_id.lower() in known else "there is no such image; name one of galleryImages"
    image = next((i for i in facts.images if i.id == step.image_id), None)
    if image is None:
        return "there is no such device image"
    if image.status is DeviceImageStatus.PENDING:
        return f"the device image is pending: wait for the operation {image.operation_id}, which builds it"
    if image.status not in {DeviceImageStatus.READY, DeviceImageStatus.WARNING}:
        return f"the device image is {image.status.value}, not ready"
    for connection in facts.chosen_connections(reading):
        region = facts.region_of(connection)
        if region and region not in image.regions:
            return f"the device image is not in {region}, the region of connection {connection.display_name}"
    return None


def new_machines(reading: Reading, facts: PolicyFacts) -> tuple[str | None, list[ServicePlan]]:
    """Return the region in which a policy would build first, and the service plan of each new Cloud PC."""
    groups, connections = reading.value("groups", PolicyGroupsStep), facts.chosen_connections(reading)
    if groups is None or not connections:
        return None, []
    members = tuple(e for e in facts.entitlements or () if e.group_ids & set(groups.group_ids))
    reach = policy_reach(members, groups.group_ids, facts.policies, facts.cloud_pcs)
    return facts.region_of(connections[0]), [plan for _, plan in reach.new]


def _forecast(reading: Reading, facts: PolicyFacts) -> tuple[list[ReviewWarning], Forecast | None]:
    """Return the warnings and the forecast."""
    connections = facts.chosen_connections(reading)
    warnings = [*mixed_join_types(connections), *(_unhealthy(c) for c in connections if not c.usable)]
    groups = reading.value("groups", PolicyGroupsStep)
    if groups is None:
        return warnings, None
    warnings.extend(_overlaps(reading, groups, facts))
    if facts.entitlements is None:
        warnings.append(
            _not_looked_at("The directory did not answer: members and licences were not looked at.", "groups")
        )
        return warnings, None
    members = tuple(e for e in facts.entitlements if e.group_ids & set(groups.group_ids))
    reach = policy_reach(members, groups.group_ids, facts.policies, facts.cloud_pcs)
    warnings.extend(reach.warnings())
    warnings.extend(address_warnings(connections, len(reach.new), facts.cloud_pcs))
    if facts.usages is None:
        warnings.append(_not_looked_at("Azure did not answer: the quota was not looked at.", "connection"))
    elif connections and (region := facts.region_of(connections[0])):
        warnings.extend(reach.quota_warnings(facts.places or (connections[0].subscription_id,), region, facts.usages))
    if connections and facts.rights_left is not None:
        warnings.extend(reach.rights_warnings(connections[0].join_type, facts.rights_left))
    return warnings, reach.forecast()


def _overlaps(reading: Reading, groups: PolicyGroupsStep, facts: PolicyFacts) -> list[ReviewWarning]:
    """Return the overlaps with other policies; the newest assignment loses to all of them."""
    detail = reading.value("detail", PolicyDetailStep)
    assignments = tuple(Assignment(id=group, group_id=group, assigned_at=_LAST) for group in groups.group_ids)
    subject = Target("", detail.display_name if detail else "this policy", assignments)
    names = {group.id: group.display_name for group in facts.groups}
    return overlaps(subject, facts.policies, names, facts.entitlements)


def mixed_join_types(connections: list[Connection]) -> list[ReviewWarning]:
    """Return a warning where it depends on the connection that is used how a Cloud PC joins."""
    by_type: dict[str, list[str]] = {}
    for connection in connections:
        by_type.setdefault(connection.join_type.value, []).append(connection.display_name)
    if len(by_type) <= 1:
        return []
    message = (
        "Some connections join Microsoft Entra ID only, others also the domain: the connection that is used "
        "decides how a Cloud PC joins."
    )
    return [ReviewWarning(concern=WarningCode.MIXED_JOIN_TYPES, step="connection", message=message, details=by_type)]


def _unhealthy(connection: Connection) -> ReviewWarning:
    return ReviewWarning(
        concern=WarningCode.UNHEALTHY_CONNECTION,
        step="connection",
        message=f"Connection {connection.display_name} is {connection.health_check_status.value}: "
        "Cloud PCs wait until its health checks pass.",
        details={"connectionId": connection.id, "healthCheckStatus": connection.health_check_status.value},
    )


def _not_looked_at(message: str, step: str) -> ReviewWarning:
    return ReviewWarning(concern=WarningCode.NOT_LOOKED_AT, step=step, message=message)
