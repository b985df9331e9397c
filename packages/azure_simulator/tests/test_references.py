"""References in a body: a reference leads to a resource of the type that belongs there, or is refused."""

import copy
from typing import Any

import pytest
from azure_simulator.arm.references import IMAGES, NAMED
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import ResourceType

from packages.azure_simulator.tests.bodies import vm_body
from packages.azure_simulator.tests.in_process import NETWORK, VMS, open_cloud
from packages.azure_simulator.tests.test_accepted_is_shown import (
    BASTION_ADDRESS,
    COMPUTE,
    GALLERY,
    TYPES,
    VALID,
    prepared,
    properties,
    with_value,
)
from packages.azure_simulator.tests.test_recorded import POOL, VNET

ELSEWHERE = {
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.DesktopVirtualization/applicationGroups",
    "Microsoft.DesktopVirtualization/hostPools",
    "Microsoft.DesktopVirtualization/scalingPlans",
    "Microsoft.DesktopVirtualization/workspaces",
}
"""Types of providers that look at their references themselves."""
NOT_IDS = {"clientId", "objectId", "commandId", "vmId", "firstPartyServiceTagId", "communityGalleryImageId"}
NOT_IDS |= {"sharedGalleryImageId", "privateLinkServiceConnectionState"}
"""Members that end in Id and hold something else."""


def references(kind: ResourceType) -> list[tuple[str, ...]]:
    """List the paths of a type's references, `[]` for the first row of a list."""
    shape = kind.models.request("PUT")
    assert shape is not None
    found = []
    for steps, leaf in properties(shape):
        name = steps[-1]
        text = leaf.kind == "string" and not leaf.choices and len(steps) > 1 and not set(steps) & set(IMAGES)
        if text and (name == "id" or (name.endswith("Id") and name not in NOT_IDS)):
            found.append(steps)
    return found


ALL = [
    (kind, steps)
    for name, kind in sorted(TYPES.items())
    if name in VALID.keys() - ELSEWHERE
    for steps in references(kind)
]


def test_every_member_that_holds_an_id_is_known() -> None:
    assert {steps[-1] for _, steps in ALL} - {"id"} <= NAMED


def test_links_lead_to_types_that_there_are_from_members_that_there_are() -> None:
    types = registry(open_cloud().cloud.world)
    for kind in TYPES.values():
        for path, wanted in kind.links.items():
            assert all(types.declares(each) for each in wanted)
            shape = kind.models.request("PUT")
            for step in path.split("."):
                assert shape is not None
                shape = shape.members[step.removesuffix("[]").lower()].shape
                shape = shape.items if step.endswith("[]") else shape


@pytest.mark.parametrize("name", sorted({kind.name for kind, _ in ALL}))
def test_no_reference_leads_to_nothing_or_to_another_type(name: str) -> None:
    path, body = VALID[name]
    app = prepared()
    others = [
        f"{COMPUTE}/capacityReservationGroups/nobody",
        f"{COMPUTE}/galleries/gallery",
        "no id",
        f"{NETWORK}/natGateways/x",
    ]
    for steps in (each for kind, each in ALL if kind.name == name):
        if _own_part(steps, TYPES[name]):
            continue
        for other in others:
            reply = app.send("PUT", path, with_value(copy.deepcopy(body), steps, other))
            assert reply.status >= 400, (steps, other)
            assert reply.status < 500, (steps, reply.body)


def _own_part(steps: tuple[str, ...], kind: ResourceType) -> bool:
    """Return whether a path lies within a link, whose target it describes, or is the id of a part."""
    names = [step for step in steps if step != "[]"]
    return any(
        path.replace("[]", "").rpartition(".")[0].split(".") == names[:cut]
        for path in kind.links
        for cut in range(1, len(names) - 1)
    )


@pytest.mark.parametrize(
    ("name", "steps", "other"),
    [
        ("Microsoft.Network/networkInterfaces", "properties.networkSecurityGroup.id", VNET),
        ("Microsoft.Network/networkInterfaces", "properties.ipConfigurations.[].properties.subnet.id", VNET),
        ("Microsoft.Network/natGateways", "properties.publicIpAddresses.[].id", VNET),
        ("Microsoft.Network/bastionHosts", "properties.ipConfigurations.[].properties.subnet.id", BASTION_ADDRESS),
        ("Microsoft.Network/bastionHosts", "properties.ipConfigurations.[].properties.publicIPAddress.id", VNET),
        ("Microsoft.Network/virtualNetworks/subnets", "properties.natGateway.id", VNET),
    ],
)
def test_network_names_the_type_that_belongs_there(name: str, steps: str, other: str) -> None:
    path, body = VALID[name]
    wrong = with_value(copy.deepcopy(body), tuple(steps.split(".")), other)
    assert prepared().error("PUT", path, wrong) == (400, "InvalidRequestFormat")


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ("storageProfile.imageReference", {"communityGalleryImageId": "/CommunityGalleries/a/Images/b"}),
        ("storageProfile.imageReference", {"sharedGalleryImageId": "/SharedGalleries/a/Images/b"}),
        ("storageProfile.osDisk.vhd", {"uri": "https://account.blob.example/vhds/os.vhd"}),
        ("storageProfile.osDisk.image", {"uri": "https://account.blob.example/vhds/image.vhd"}),
        (
            "storageProfile.dataDisks",
            [{"lun": 0, "createOption": "Empty", "diskSizeGB": 4, "vhd": {"uri": "https://a/b"}}],
        ),
        ("storageProfile.dataDisks", [{"lun": 0, "createOption": "FromImage"}]),
        ("securityProfile.encryptionIdentity", {"userAssignedIdentityResourceId": f"{COMPUTE}/userIdentities/a"}),
        (
            "applicationProfile.galleryApplications",
            [{"packageReferenceId": f"{GALLERY}/applications/a/versions/1.0.0"}],
        ),
    ],
)
def test_a_source_that_is_not_simulated_is_named_so(steps: str, value: Any) -> None:
    path, body = VALID["Microsoft.Compute/virtualMachines"]
    wanted = with_value(copy.deepcopy(body), ("properties", *steps.split(".")), value)
    assert prepared().error("PUT", path, wanted) == (400, "NotSupportedBySimulator")


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("Microsoft.Compute/images", {"osDisk": {"osType": "Linux", "osState": "Generalized", "blobUri": "https://a/b"}}),
        ("Microsoft.Compute/galleries/images/versions", {"osDiskImage": {"source": {"uri": "https://a/b"}}}),
        ("Microsoft.Compute/galleries/images/versions", {"source": {"communityGalleryImageId": "/CommunityGalleries"}}),
        ("Microsoft.Compute/galleries/images/versions", {
            **VALID["Microsoft.Compute/galleries/images/versions"][1]["properties"]["storageProfile"],
            "dataDiskImages": [{"lun": 0, "source": {"id": f"{COMPUTE}/disks/disk"}}],
        }),
    ],
)  # fmt: skip
def test_a_source_of_an_image_that_is_not_simulated_is_named_so(name: str, profile: dict[str, Any]) -> None:
    path, body = VALID[name]
    wanted = {"location": body["location"], "properties": {"storageProfile": profile}}
    assert prepared().error("PUT", path, wanted) == (400, "NotSupportedBySimulator")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("subnet", f"{VNET}/subnets/cpc"),
        ("publicIPAddress", f"{NETWORK}/publicIPAddresses/address"),
    ],
)
def test_a_bastion_is_in_its_own_subnet_with_a_standard_address(part: str, value: str) -> None:
    path, body = VALID["Microsoft.Network/bastionHosts"]
    wrong = with_value(copy.deepcopy(body), ("properties", "ipConfigurations", "[]", "properties", part, "id"), value)
    assert prepared().error("PUT", path, wrong) == (400, "InvalidParameter")


def test_a_workspace_shows_application_groups_only() -> None:
    path, body = VALID["Microsoft.DesktopVirtualization/workspaces"]
    wrong = {**body, "properties": {"applicationGroupReferences": [POOL]}}
    assert prepared().error("PUT", path, wrong) == (400, "InvalidRequestContent")


def test_a_disk_is_copied_from_a_disk_or_a_snapshot() -> None:
    path, body = VALID["Microsoft.Compute/disks"]
    for other in (f"{VMS}/vm", VNET, f"{COMPUTE}/disks/none"):
        wrong = {**body, "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": other}}}
        assert prepared().send("PUT", path, wrong).status in {400, 404}


def test_what_a_get_shows_of_a_link_is_sent_back() -> None:
    app = prepared()
    nic = app.request("GET", f"{NETWORK}/networkInterfaces/free")
    assert app.send("PUT", f"{NETWORK}/networkInterfaces/free", nic).status == 200
    vm = app.request("GET", f"{VMS}/vm")
    assert app.send("PUT", f"{VMS}/vm", vm).status == 200


def test_a_machine_with_an_interface_of_another_type_is_refused_by_network() -> None:
    path, _ = VALID["Microsoft.Compute/virtualMachines"]
    assert prepared().error("PUT", path, vm_body(f"{COMPUTE}/disks/disk")) == (400, "InvalidResourceReference")
