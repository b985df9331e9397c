"""The first day of an administrator in a portal: a tenant, two sites, the three wizards.

Everything is sent over HTTP; the choices are those that the wizards offer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure_simulator.seeds import TENANT_ID, demo_seed

from local.board import Row
from local.portal import Portal, PortalError

TENANT = "contoso"
SUBSCRIPTION = "7d3c1e5a-6f0b-4c57-9b0e-2f9f0c0de501"
GROUP = "Cloud PC users"

# Cloud PCs are built in the second site when the first one's region has no capacity.
SITES: Mapping[str, Mapping[str, Any]] = {
    "amsterdam": {
        "displayName": "Amsterdam",
        "region": "westeurope",
        "fallbackRegions": ["northeurope"],
        "resourceGroup": "deskwright-amsterdam",
        "addressSpace": "10.20.0.0/16",
    },
    "dublin": {
        "displayName": "Dublin",
        "region": "northeurope",
        "resourceGroup": "deskwright-dublin",
        "addressSpace": "10.30.0.0/16",
    },
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Journey:
    """A portal session; ``say`` is called with each thing that is done."""

    portal: Portal
    say: Say
    tenant: str = TENANT
    directory: str = TENANT_ID
    subscription: str = SUBSCRIPTION

    @property
    def base(self) -> str:
        """The tenant's address."""
        return f"/tenants/{self.tenant}"

    def first_day(self, users_group: str = GROUP, *, own_image: bool = True) -> str:
        """Do all steps; return the id of the policy, which has started to provision.

        *own_image*: whether a device image is built for it, or an image of the gallery is taken.
        """
        self.create_tenant()
        for site in SITES:
            self.create_site(site)
        connection = self.create_connection("amsterdam")
        image = self.create_device_image("amsterdam") if own_image else None
        return self.create_policy(connection, image, users_group)

    def create_tenant(self) -> None:
        """Create the tenant with its directory and subscription."""
        self.say(f"Tenant {self.tenant}")
        body = {
            "id": self.tenant,
            "displayName": "Contoso",
            "entraTenantId": self.directory,
            "subscriptionId": self.subscription,
        }
        self.portal.ask("POST", "/tenants", body)

    def create_site(self, site: str) -> None:
        """Create one of ``SITES``."""
        self.say(f"Site {site} in {SITES[site]['region']}")
        self.portal.ask("PUT", f"{self.base}/sites/{site}", SITES[site])

    def create_connection(self, site: str) -> str:
        """Wizard 1: Microsoft Entra join on the hosted network; wait for the health checks."""
        form = {
            "site": {"siteId": site},
            "credentials": {"joinType": "azureADJoin", "network": "hosted"},
            "name": {"displayName": f"{SITES[site]['displayName']}, hosted network"},
        }
        return self._wizard("create-connection", form)

    def create_device_image(self, site: str) -> str:
        """Wizard 2: a device image from the first image of the marketplace; wait until it is built."""
        offered = self._choices("create-device-image", "source", "galleryImageId")
        form = {
            "name": {"displayName": "Contoso desktop"},
            "site": {"siteId": site},
            "version": {"version": "1.0.0"},
            "source": {"galleryImageId": offered[0]["value"]},
        }
        return self._wizard("create-device-image", form)

    def create_policy(self, connection: str, image: str | None, users_group: str) -> str:
        """Wizard 3: the image, None for the gallery's first, on the connection, for a group; saving assigns it."""
        custom = {"imageType": "custom", "imageId": image}
        form = {
            "connection": {"connectionIds": [connection]},
            "image": custom if image else {"imageType": "gallery", "imageId": self._gallery_image()},
            "configuration": {"locale": "en-GB", "localAdminEnabled": False},
            "groups": {"groupIds": [self.group_id(users_group)]},
            "detail": {"displayName": "Everybody", "description": "A Cloud PC for every licensed member."},
        }
        return self._wizard("create-provisioning-policy", form, wait=False)

    def keep_office_hours(self, policy: str, zone: str) -> str:
        """Give a policy a power schedule, Monday to Friday from 7:00 to 19:00 in a time zone; return its name."""
        surface, name = f"{self.base}/beta/deviceManagement/virtualEndpoint", "Office hours"
        self.say(f"power schedule {name} ({zone})")
        made = self.portal.ask("POST", f"{surface}/powerSchedules", {"displayName": name, "timeZone": zone}).body
        change = {"@deskwright.powerScheduleId": made["id"]}
        self.portal.ask("PATCH", f"{surface}/provisioningPolicies/{policy}", change)
        return name

    def powers(self) -> list[str]:
        """Read whether each Cloud PC of the tenant is on, by Graph's words."""
        path = f"{self.base}/beta/deviceManagement/virtualEndpoint/cloudPCs?$top=999&$select=id,powerState"
        return [str(cloud_pc["powerState"]) for cloud_pc in self.portal.pages(path)]

    def _gallery_image(self) -> str:
        offered = self._choices("create-provisioning-policy", "image", "imageId")
        return next(str(each["value"]) for each in offered if each["imageType"] == "gallery")

    def group_id(self, name: str) -> str:
        """Return the id of a group of users by its name. Raises: PortalError if the wizards offer no such group."""
        groups = self._choices("create-provisioning-policy", "groups", "groupIds")
        chosen = [str(group["value"]) for group in groups if group["title"] == name]
        if not chosen:
            raise PortalError(f"the wizard offers no group {name}")
        return chosen[0]

    def cloud_pcs(self) -> list[Row]:
        """Read every Cloud PC of the tenant, by user and plan."""
        wanted = "userPrincipalName,servicePlanName,status,@deskwright.progress"
        path = f"{self.base}/beta/deviceManagement/virtualEndpoint/cloudPCs?$top=999&$select={wanted}"
        rows = (_row(cloud_pc) for cloud_pc in self.portal.pages(path))
        return sorted(rows, key=lambda row: (row.user, row.plan))

    def _choices(self, wizard: str, step: str, field: str) -> list[dict[str, Any]]:
        """Return the choices that a wizard offers for a field of a step. Raises: PortalError if it offers none."""
        steps = self.portal.ask("GET", f"{self.base}/wizards/{wizard}").body["steps"]
        offered: list[dict[str, Any]] = next(each["choices"][field] for each in steps if each["name"] == step)
        if not offered:
            raise PortalError(f"the wizard {wizard} offers no {field}")
        return offered

    def _wizard(self, wizard: str, form: Mapping[str, Any], *, wait: bool = True) -> str:
        """Review a form and save it; with ``wait``, wait for its operation; return the created object."""
        address = f"{self.base}/wizards/{wizard}"
        review = self.portal.ask("POST", f"{address}/review", form).body
        for warning in review.get("warnings", ()):
            self.say(f"  review warns: {warning['message']}")
        saved = self.portal.ask("POST", address, form, {"Idempotency-Key": f"first-day-{wizard}"})
        self.say(f"Wizard {wizard}: saved")
        if wait and saved.status == 202:  # noqa: PLR2004
            operation = self.portal.finish(saved, self._tell_of_steps())
            self.say(f"  {operation['kind']} {operation['status']}")
            return str(operation["resourceId"])
        return str(saved.body.get("resourceId") or saved.body["id"])

    def _tell_of_steps(self) -> Callable[[dict[str, Any]], None]:
        """Return a function that reports each step of an operation as it starts, to show the progress of a long one."""
        told = 0

        def watch(operation: dict[str, Any]) -> None:
            nonlocal told
            for step in operation["steps"][told:]:
                self.say(f"  {step['title']}")
            told = len(operation["steps"])

        return watch


def licences(users: int) -> int:
    """Return the number of Cloud PCs of the demo tenant: one for each licence; all users are in the group."""
    tenant = demo_seed(users)["tenants"][0]
    return sum(len(user["licences"]) for user in tenant["users"])


def _row(cloud_pc: Mapping[str, Any]) -> Row:
    progress = cloud_pc["@deskwright.progress"]
    earliest, latest = (progress.get(f"{which}EndDateTime") for which in ("earliest", "latest"))
    return Row(
        id=str(cloud_pc["id"]),
        user=str(cloud_pc["userPrincipalName"]),
        plan=str(cloud_pc["servicePlanName"]).removeprefix("Cloud PC "),
        status=str(cloud_pc["status"]),
        step=": ".join(filter(None, (progress["title"], progress.get("reason")))),
        percent=int(progress["percentComplete"]),
        earliest=datetime.fromisoformat(earliest) if earliest else None,
        latest=datetime.fromisoformat(latest) if latest else None,
    )
