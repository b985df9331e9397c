"""A tenant in which every page of the portal has something to show, for tests and pictures."""

from __future__ import annotations

from azure_simulator.seeds import DOMAIN

from local.stack import Stack
from tests.e2e.office import GALLERY_IMAGE, SMALL, Office
from tests.e2e.test_image_sets import new_set, new_version
from tests.e2e.test_spot_groups import group_form, wizard

BROKEN = {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "the join failed, exit code 51"}


def furnish(stack: Stack, name: str = "harbour") -> Office:
    """Make a tenant in which every page has something to show."""
    office = Office(stack, stack.portal(), name).open({"removalBrake": {"count": 0, "percent": 0}})
    with stack.at_speed(1_000.0):
        users = [office.user(number, SMALL) for number in range(1, 6)]
        own = f"user01@{DOMAIN}"
        staff = office.group("staff", *users[:4], own)
        connection = office.connection("West Europe")
        office.policy("Office", connection, staff)
        for user in (*users[:4], own):
            office.settled(user)
        _images(office)
        _settings(office, staff)
        _watching(office)
        _work(office, staff, joins=users[4], leaves=users[3])
    return office


def _images(office: Office) -> None:
    """Make an image, an image set with a version, and a spot group of it."""
    image = {
        "name": {"displayName": "Company image"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"galleryImageId": GALLERY_IMAGE},
    }
    office.portal.ask("POST", f"{office.base}/wizards/create-device-image", image)
    image_set = new_set(office)
    new_version(office, image_set["id"])
    spot = office.group("shift", *(office.user(number) for number in (11, 12, 13)))
    wizard(office, "create-spot-group", group_form(office, image_set["id"], spot))


def _settings(office: Office, staff: str) -> None:
    """Make user settings of the group *staff*, a power schedule, a maintenance window and a script."""
    setting = {"displayName": "Self-service", "selfServiceEnabled": True}
    made = office.portal.ask("POST", f"{office.graph}/userSettings", setting).body
    target = {"assignments": [{"target": {"groupId": staff}}]}
    office.portal.ask("POST", f"{office.graph}/userSettings/{made['id']}/assign", target)
    office.portal.ask("POST", f"{office.graph}/powerSchedules", {"displayName": "Office hours"})
    nights = {"scheduleType": "weekday", "startTime": "22:00", "endTime": "04:00"}
    window = {"displayName": "Nights", "schedules": [nights]}
    office.portal.ask("POST", f"{office.graph}/maintenanceWindows", window)
    script = {"displayName": "Time server", "scriptContent": "dzMydG0gL2NvbmZpZw=="}
    office.portal.ask("POST", f"{office.graph}/deviceManagementScripts", script)


def _watching(office: Office) -> None:
    """Make a reclaim rule, a budget and an endpoint of notices."""
    policy = next(iter(office.portal.pages(f"{office.graph}/provisioningPolicies")))["id"]
    office.portal.ask("PUT", f"{office.base}/reclaimRules/{policy}", {"mode": "simulate"})
    budget = {"displayName": "All desks", "scope": "tenant", "amount": 5_000, "brakes": True}
    office.portal.ask("PUT", f"{office.base}/budgets/all-desks", budget)
    endpoint = {"displayName": "Service desk", "address": "https://hooks.example.com/deskwright"}
    office.portal.ask("POST", f"{office.base}/noticeEndpoints", endpoint)


def _work(office: Office, staff: str, *, joins: str, leaves: str) -> None:
    """Restart in bulk, let the build of *joins* fail, and let the removal of *leaves* wait."""
    restart = {"action": "reboot", "filter": {"status": ["provisioned"]}}
    office.portal.ask("POST", f"{office.base}/bulkActions", restart)
    office.break_cloud("extension.put", BROKEN)
    office.join(staff, joins)
    office.tell_changed(joins)
    office.settled(joins)
    office.mend_cloud("extension.put")
    office.leave(staff, leaves)
    office.tell_changed(leaves)
    office.until(office.removals, says="a removal waits")
