"""Images that an administrator uploaded: a device image and an image set are built from a managed image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION, nic_body, version_for, vm_body
from tests.e2e.identity import ask_resource_manager
from tests.e2e.office import SELDOM, Office
from tests.e2e.test_image_sets import version

pytestmark = [pytest.mark.e2e]

Json = dict[str, Any]
OpenOffice = Callable[..., Office]
IN_GALLERY = "Microsoft.Compute/galleries/images/versions"
_VNET = {
    "location": REGION,
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.90.0.0/16"]},
        "subnets": [{"name": "s", "properties": {"addressPrefix": "10.90.0.0/24"}}],
    },
}


class Uploads:
    """The managed images of an administrator, in a resource group of the tenant's subscription."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.group = f"/subscriptions/{office.subscription}/resourceGroups/uploads"
        self.compute = f"{self.group}/providers/Microsoft.Compute"

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask Resource Manager as the administrator."""
        address = f"{path}?api-version={version_for(path)}"
        found: Json = ask_resource_manager(self.office.stack, method, address, body) or {}
        return found

    def put(self, path: str, body: Json) -> str:
        """Make something, and wait until it is there."""
        self.ask("PUT", path, body)

        def is_there() -> bool:
            return bool(self.ask("GET", path)["properties"].get("provisioningState", "Succeeded") == "Succeeded")

        self.office.until(is_there, says=f"{path} is there")
        return path

    def managed_image(self, **properties: Any) -> str:
        """Capture a machine without Trusted Launch, after sysprep, as a managed image."""
        network = f"{self.group}/providers/Microsoft.Network"
        self.ask("PUT", self.group, {"location": REGION})
        subnet = f"{self.put(f'{network}/virtualNetworks/v', _VNET)}/subnets/s"
        tags = {"deskwright:cloudpc": f"master of {self.office.name}"}
        body = vm_body(self.put(f"{network}/networkInterfaces/n", nic_body(subnet, tags)), tags=tags)
        del body["properties"]["securityProfile"]
        master = self.put(f"{self.compute}/virtualMachines/master", body)
        script = {"location": REGION, "properties": {"source": {"script": "# step: generalize\nsysprep"}}}
        self.ask("PUT", f"{master}/runCommands/sysprep", script)
        self.office.until(lambda: self.power(master) == "stopped", says="sysprep has stopped it")
        self.ask("POST", f"{master}/deallocate")
        self.office.until(lambda: self.power(master) == "deallocated", says="it is released")
        self.ask("POST", f"{master}/generalize")
        image = {"location": REGION, "properties": {"sourceVirtualMachine": {"id": master}, **properties}}
        return self.put(f"{self.compute}/images/Uploaded", image)

    def power(self, machine: str) -> str:
        """Return the power state of a machine."""
        codes = [str(each["code"]) for each in self.ask("GET", f"{machine}/instanceView")["statuses"]]
        return next((code.partition("/")[2] for code in codes if code.startswith("PowerState/")), "")


def choice(office: Office, wizard: str, image: str) -> Json:
    """Return a managed image as a choice of a wizard."""
    steps = office.portal.ask("GET", f"{office.base}/wizards/{wizard}").body["steps"]
    choices = next(step["choices"]["managedImageId"] for step in steps if step["name"] == "source")
    found: Json = next(each for each in choices if each["value"].casefold() == image.casefold())
    return found


def test_a_device_image_and_an_image_set_are_built_from_a_managed_image_and_leave_no_import(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    uploaded = Uploads(office).managed_image()
    assert (choice(office, "create-device-image", uploaded)["usable"], uploaded.endswith("Uploaded")) == (True, True)
    form = {
        "name": {"displayName": "Uploaded"},
        "site": {"siteId": "main"},
        "version": {"version": "1.0.0"},
        "source": {"managedImageId": uploaded},
    }
    begun = office.portal.ask("POST", f"{office.base}/wizards/create-device-image", form)
    operation = office.finish(begun, look=SELDOM)
    image = office.portal.ask("GET", f"{office.graph}/deviceImages/{begun.body['resourceId']}").body
    assert (image["status"], image["sourceImageResourceId"].casefold()) == ("ready", uploaded.casefold())
    assert [each["name"] for each in operation["steps"]][:2] == ["importSource", "allocateCapacity"]

    made = office.portal.ask(
        "POST",
        f"{office.base}/wizards/create-image-set",
        {
            "site": {"siteId": "main"},
            "source": {"hostPoolType": "personal", "managedImageId": uploaded},
            "detail": {"displayName": "Uploaded"},
        },
    )
    office.finish(made, look=SELDOM)
    first = version(office, made.body["resourceId"], "0.0.0")
    assert (first["status"], first["validated"]) == ("available", True)
    assert [each["id"] for each in office.machines(IN_GALLERY) if "imported-managed-images" in each["id"]] == []
    assert [each["id"].rpartition("/")[2] for each in office.machines()] == ["master"]
    assert office.invariants() == []


def test_a_managed_image_of_generation_1_is_shown_with_the_reason_and_refused(open_office: OpenOffice) -> None:
    office = open_office()
    old = Uploads(office).managed_image(hyperVGeneration="V1")
    shown = choice(office, "create-image-set", old)
    assert (shown["usable"], "generation 1" in shown["title"]) == (False, True)
    source = {"hostPoolType": "pooled", "managedImageId": old}
    form = {"site": {"siteId": "main"}, "source": source, "detail": {"displayName": "Old"}}
    refused = office.portal.send("POST", f"{office.base}/wizards/create-image-set", form)
    assert (refused.status, [each["pointer"] for each in refused.body["errors"]]) == (400, ["/source/managedImageId"])
