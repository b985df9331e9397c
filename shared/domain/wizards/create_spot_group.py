"""The wizard that creates a Spot Group, and its step of capacity."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.machines.service_plan import size_ladder
from shared.domain.planning.queueing import rights_for
from shared.domain.power.schedule import problems
from shared.domain.spot.groups.group import USERS_PER_HOST, LicenseType, SpotGroup, host_hardware
from shared.domain.spot.groups.schedule import Schedule
from shared.domain.spot.groups.settings import CapacitySettings
from shared.domain.values import Value, amount
from shared.domain.wizards.create_provisioning_policy import group_problems
from shared.domain.wizards.fields import name_taken
from shared.domain.wizards.forecast import quota_shortages
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, ReviewWarning, WarningCode, review
from shared.domain.wizards.spot_group_steps import (
    DescriptionStep,
    HostsStep,
    LicenseStep,
    ProfileStep,
    SessionsStep,
    SpotGroupFacts,
    SpotGroupGroupsStep,
    SpotGroupImageStep,
    SpotGroupNameStep,
    SpotGroupSiteStep,
    hosts_problems,
    image_problems,
    license_problems,
    site_problems,
)
from shared.errors import Problem


class CapacityStep(CapacitySettings):
    """Settings for the number of running hosts. The defaults follow Spot PC."""


class EditCapacityStep(Value):
    """Capacity settings, as a whole; left out: unchanged."""

    capacity: CapacityStep | None = Field(None, title="Capacity", description="How many hosts are online, and when.")


def capacity_problems(
    step: CapacitySettings, license_type: LicenseType, hosts: int, seats: int, at: str = "/capacity"
) -> Iterable[Problem]:
    """Yield the problems of the settings for a group of *hosts* hosts with *seats* sessions each."""
    pooled = license_type is LicenseType.POOLED

    def problem(pointer: str, message: str) -> Problem:
        return Problem(f"{at}/{pointer}", message, "capacity")

    if pooled and step.start_threshold > seats:
        message = f"a host has {seats} seats; choose at most {seats}"
        yield problem("startThreshold", message)
    if step.minimum_online > hosts:
        yield problem("minimumOnline", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}")
    if not pooled and step.low_priority_hosts:
        yield problem("lowPriorityHosts", "only pooled hosts may be low-priority: losing one must be harmless")
    if step.low_priority_hosts > hosts:
        yield problem("lowPriorityHosts", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}")
    if license_type is LicenseType.PERSONAL_DEDICATED and step.scale_in.value == "delete":
        yield problem("scaleIn", "dedicated desktops are never rebuilt, so they are not deleted; choose deallocate")
    if step.schedule:
        for pointer, message in schedule_problems(step.schedule, hosts):
            yield problem(f"schedule/{pointer}", message)


def capacity_problems_of(step: CapacitySettings, group: SpotGroup, at: str) -> Iterable[Problem]:
    """Yield the problems of the settings for an existing group."""
    seats = group.hosts.session_limit if group.pooled else 1
    return capacity_problems(step, group.license_type, group.host_count, seats, at)


def schedule_problems(schedule: Schedule, hosts: int) -> Iterable[tuple[str, str]]:
    """Yield the problems of a schedule, as the place below it and a sentence."""
    yield from problems(schedule)
    parts = [("phases", schedule.phases)]
    parts += [(f"exceptions/{n}/phases", each.phases) for n, each in enumerate(schedule.exceptions)]
    for at, phases in parts:
        for n, phase in enumerate(phases):
            if phase.minimum_online > hosts:
                yield f"{at}/{n}/minimumOnline", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}"


NAME_TAKEN = Problem("/name/displayName", "a Spot Group of this name exists; choose another", "name")

CREATE_SPOT_GROUP = Wizard(
    "create-spot-group",
    "Create Spot Group",
    (
        WizardStep("name", "Enter Spot Group Name", SpotGroupNameStep),
        WizardStep("profile", "Enter Profile Path", ProfileStep, "A share that every host of the group can reach."),
        WizardStep(
            "license",
            "Select Spot Group License",
            LicenseStep,
            "The quantity should equal the number of users; the type stays for ever.",
        ),
        WizardStep("site", "Select Site", SpotGroupSiteStep, "The site stays for ever."),
        WizardStep("groups", "Select Groups", SpotGroupGroupsStep, "Every member gets a desktop; nested groups count."),
        WizardStep("image", "Select Image Set", SpotGroupImageStep),
        WizardStep("sessions", "Sessions", SessionsStep, "What is left out is as in Spot PC."),
        WizardStep("hosts", "Session Hosts", HostsStep, "What is left out is as the licence type promises."),
        WizardStep("capacity", "Capacity and Schedule", CapacityStep, "What is left out is as in Spot PC."),
        WizardStep("description", "Description", DescriptionStep),
        WizardStep(REVIEW, "Review and Save Spot Group"),
    ),
)


def review_spot_group(
    form: Mapping[str, Any], facts: SpotGroupFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it."""
    reading = CREATE_SPOT_GROUP.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    warnings, forecast = _warnings(reading, facts), _forecast(reading, facts)
    reviewed = review(CREATE_SPOT_GROUP, through_step, problems, warnings, forecast)
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: SpotGroupFacts) -> Iterable[Problem]:
    name, site = reading.value("name", SpotGroupNameStep), reading.value("site", SpotGroupSiteStep)
    licence = reading.value("license", LicenseStep)
    license_type = licence.license_type if licence else None
    if name and name_taken(name.display_name, (group.display_name for group in facts.spot_groups)):
        yield NAME_TAKEN
    if site:
        yield from site_problems(site, facts)
    if licence:
        yield from license_problems(licence, facts)
    if groups := reading.value("groups", SpotGroupGroupsStep):
        yield from group_problems(groups.group_ids, facts.groups)
    if image := reading.value("image", SpotGroupImageStep):
        yield from image_problems(image, facts.site(site.site_id) if site else None, license_type, facts)
    if hosts := reading.value("hosts", HostsStep):
        yield from hosts_problems(hosts, license_type, facts)
    capacity = reading.value("capacity", CapacityStep)
    if licence and capacity:
        seats = (hosts or HostsStep()).session_limit if licence.license_type is LicenseType.POOLED else 1
        count = _host_count(licence.license_type, licence.quantity)
        yield from capacity_problems(capacity, licence.license_type, count, seats)


def _warnings(reading: Reading, facts: SpotGroupFacts) -> list[ReviewWarning]:
    licence, groups = reading.value("license", LicenseStep), reading.value("groups", SpotGroupGroupsStep)
    site = reading.value("site", SpotGroupSiteStep)
    found = list(connection_warnings(site, facts)) if site else []
    if licence is None:
        return found
    if groups is not None:
        found += quantity_warnings(licence.quantity, facts)
    if site is not None:
        found += capacity_warnings(licence.license_type, licence.quantity, site, facts)
    return found


def connection_warnings(site: SpotGroupSiteStep, facts: SpotGroupFacts) -> Iterable[ReviewWarning]:
    """Give a warning where the connection is unhealthy: the group waits for it."""
    connection = facts.connection_of(site)
    if connection is not None and not connection.usable:
        yield ReviewWarning(
            concern=WarningCode.UNHEALTHY_CONNECTION,
            step="site",
            message=f"Connection {connection.display_name} is {connection.health_check_status.value}: "
            "hosts wait until its health checks pass.",
            details={"connectionId": connection.id, "healthCheckStatus": connection.health_check_status.value},
        )


def quantity_warnings(quantity: int, facts: SpotGroupFacts) -> Iterable[ReviewWarning]:
    """Give a warning where the quantity is not the number of members."""
    if facts.members is None:
        yield ReviewWarning(
            concern=WarningCode.NOT_LOOKED_AT,
            step="groups",
            message="The directory did not answer: members were not looked at.",
        )
        return
    number = len(facts.members)
    if number > quantity:
        message = (
            f"The groups have {number} members and the quantity is {quantity}: {number - quantity} wait for a place."
        )
    elif number < quantity:
        message = (
            f"The groups have {number} members and the quantity is {quantity}: {quantity - number} licences are unused."
        )
    else:
        return
    yield ReviewWarning(
        concern=WarningCode.QUANTITY_DIFFERS,
        step="license",
        message=message,
        details={"members": number, "quantity": quantity},
    )


def capacity_warnings(
    license_type: LicenseType, quantity: int, site: SpotGroupSiteStep, facts: SpotGroupFacts
) -> Iterable[ReviewWarning]:
    """Give warnings where role assignments, vCPUs or addresses are too few: a release has old and new hosts at once."""
    connection, place = facts.connection_of(site), facts.site(site.site_id)
    if connection is None or place is None:
        return
    rights = quantity * rights_for(connection.join_type)
    free_rights = max(0, facts.rights_limit - facts.rights_used)
    if rights > free_rights:
        yield ReviewWarning(
            concern=WarningCode.RIGHTS_SHORT,
            step="license",
            message=f"The members need {rights} role assignments, and the subscription has {free_rights} left: "
            "those above wait until the provider adds a subscription.",
            details={"needed": rights, "free": free_rights, "limit": facts.rights_limit},
        )
    hosts = 2 * _host_count(license_type, quantity)
    if facts.usages is None:
        yield ReviewWarning(
            concern=WarningCode.NOT_LOOKED_AT, step="site", message="Azure did not answer: the quota was not looked at."
        )
    else:
        ladder = size_ladder(host_hardware(license_type))
        yield from quota_shortages(
            [ladder] * hosts, (connection.subscription_id,), place.region, facts.usages, step="license"
        )
    free = connection.free_addresses
    if free is not None and free < hosts:
        yield ReviewWarning(
            concern=WarningCode.ADDRESSES_SHORT,
            step="site",
            message=f"Connection {connection.display_name} has {free} free addresses, and a release needs "
            f"up to {hosts}: hosts that find none wait.",
            details={"connectionId": connection.id, "free": free, "needed": hosts},
        )


def _host_count(license_type: LicenseType, quantity: int) -> int:
    return -(-quantity // USERS_PER_HOST) if license_type is LicenseType.POOLED else quantity


def _forecast(reading: Reading, facts: SpotGroupFacts) -> Forecast | None:
    licence, site = reading.value("license", LicenseStep), reading.value("site", SpotGroupSiteStep)
    place = facts.site(site.site_id) if site else None
    if licence is None or place is None:
        return None
    hosts = _host_count(licence.license_type, licence.quantity)
    members = None if facts.members is None else len(facts.members)
    entitled = None if members is None else min(members, licence.quantity)
    return Forecast(
        summary=f"{amount(hosts, 'session host')} will be built in {place.region}, "
        f"for at most {amount(licence.quantity, 'user')}.",
        details={
            "hosts": hosts,
            "region": place.region,
            "licenseType": licence.license_type.value,
            "quantity": licence.quantity,
            "members": members,
            "entitled": entitled,
            "waiting": None if members is None or entitled is None else members - entitled,
        },
    )
