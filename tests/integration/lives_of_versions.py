"""Lives of image versions: by hand from a marketplace's image, and by recipe from a managed image."""

from functools import partial
from typing import Any

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_version import ImageVersion, VersionAction, VersionActionName, VersionStatus
from shared.services.spot.image_versions import removing, sealing, start_build, start_removal, start_seal
from shared.services.spot.version_actions import start_action
from tests.contract.test_activities_desktop import IMAGE
from tests.integration import things
from tests.integration.image_things import RECIPE, image_set, version
from tests.integration.lives import Life

T = things.TENANT_ID
_GROUP = f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/uploads"


async def an_image_version_by_hand(life: Life) -> None:
    """Connected to twice, restarted, shut down, sealed, removed."""
    host: Any = life.host
    await life.deps.image_sets.insert(image_set())
    await _build(life, version(source=IMAGE))
    for number, name in enumerate(("connect", "connect", "reboot", "disconnect", "connect", "shutDown")):
        await _act(life, VersionActionName(name), f"act-{number}")
    there = await life.deps.image_versions.change(T, "v1", partial(sealing, at=life.now(), operation_id="seal"))
    await life.deps.operations.insert(things.operation(id="seal", kind="sealImageVersion"))
    await start_seal(life.deps, host, there)
    await life.run_started(SEAL_VERSION)
    await _is(life, VersionStatus.AVAILABLE)
    await _remove(life)


async def an_image_version_by_recipe_that_is_built_twice(life: Life) -> None:
    """From a managed image, which is imported; the second time with the number of the first, which was removed."""
    await life.deps.image_sets.insert(image_set())
    source = ImageSource(managed_image_id=await _upload(life))
    for _ in range(2):
        await _build(life, version(source=source, recipe=RECIPE.steps))
        await _remove(life)


async def _build(life: Life, of: ImageVersion) -> None:
    host: Any = life.host
    operation_id = f"build-{len(life.given)}"
    await life.deps.operations.insert(things.operation(id=operation_id, kind="buildImageVersion"))
    made = of.but(status=VersionStatus.CREATING_VM, operation_id=operation_id)
    await life.deps.image_versions.insert(made)
    await start_build(life.deps, host, made)
    await life.run_started(BUILD_VERSION)
    await _is(life, VersionStatus.CUSTOMIZING if made.by_hand else VersionStatus.AVAILABLE)


async def _act(life: Life, name: VersionActionName, operation_id: str) -> None:
    host: Any = life.host
    await life.deps.operations.insert(things.operation(id=operation_id, kind=f"{name.value}ImageVersion"))
    action = VersionAction(name=name, operation_id=operation_id, begun_at=life.now())
    if name is VersionActionName.CONNECT:
        secret_url = await life.deps.vault().store(operation_id, "Chosen-by-the-caller-7", tags={"tenant": T})
        action = action.but(address="20.50.2.10", minutes=60, secret_url=secret_url)
    there = await life.deps.image_versions.change(T, "v1", lambda before: before.but(action=action))
    await start_action(life.deps, host, there)
    ended = await life.run_started(RUN_VERSION_ACTION)
    assert ended["outcome"] == "succeeded", (name, (await life.deps.operations.get(T, operation_id)).value)
    life.cloud.advance(60)


async def _remove(life: Life) -> None:
    host: Any = life.host
    operation_id = f"remove-{len(life.given)}"
    await life.deps.operations.insert(things.operation(id=operation_id, kind="deleteImageVersion"))
    going = partial(removing, at=life.now(), operation_id=operation_id)
    await start_removal(life.deps, host, await life.deps.image_versions.change(T, "v1", going))
    await life.run_started(REMOVE_VERSION)
    assert await life.deps.image_versions.find(T, "v1") is None
    life.cloud.advance(60)


async def _is(life: Life, status: VersionStatus) -> None:
    found = (await life.deps.image_versions.get(T, "v1")).value
    assert found.status is status, found
    life.cloud.advance(60)


async def _upload(life: Life) -> str:
    """Make a managed image as an administrator does: of a machine without Trusted Launch, after sysprep."""
    cloud, network = life.cloud, f"{_GROUP}/providers/Microsoft.Network"
    vm, image = (f"{_GROUP}/providers/Microsoft.Compute/{kind}" for kind in ("virtualMachines/master", "images/own"))
    nic, space = f"{network}/networkInterfaces/master", {"addressPrefixes": ["10.90.0.0/24"]}
    subnet = {"name": "masters", "properties": {"addressPrefix": "10.90.0.0/24"}}
    body = vm_body(nic)
    del body["properties"]["securityProfile"]
    script = _at_home({"source": {"script": "# step: generalize\nsysprep"}})
    for method, path, sent in (
        ("PUT", _GROUP, {"location": REGION}),
        ("PUT", f"{network}/virtualNetworks/own", _at_home({"addressSpace": space, "subnets": [subnet]})),
        ("PUT", nic, nic_body(f"{network}/virtualNetworks/own/subnets/masters")),
        ("PUT", vm, body),
        ("PUT", f"{vm}/runCommands/sysprep", script),
        ("POST", f"{vm}/deallocate", None),
        ("POST", f"{vm}/generalize", None),
        ("PUT", image, _at_home({"sourceVirtualMachine": {"id": vm}})),
    ):
        await cloud.arm(method, path, sent)
        cloud.advance(3600)
    return image


def _at_home(properties: dict[str, object]) -> dict[str, object]:
    return {"location": REGION, "properties": properties}
