"""The sweep that starts the builds of device images, on real tables."""

from shared.domain.images.image import DeviceImageStatus
from shared.domain.operations.operation import SYSTEM, OperationStatus
from shared.services.images.device_images import image_build_due
from shared.services.operations.sweeps import sweep_due
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices


async def saved(here: PaperServices, site_id: str) -> None:
    """Save an image whose build was not started."""
    await here.operations.insert(things.operation(id="build", kind="buildDeviceImage", resource_id="i1"))
    await here.images.insert(things.image(status="pending", site_id=site_id, operation_id="build"))
    await here.due.put(DueKind.BUILD, things.NOW, things.TENANT_ID, "i1")


async def test_a_build_that_was_saved_and_not_started_is_started(contoso: PaperServices) -> None:
    await saved(contoso, things.site().id)
    host = IdleHost()
    await sweep_due(host, {DueKind.BUILD: image_build_due})
    assert len(host.started) == 1


async def test_a_build_whose_site_is_gone_fails_and_ends_its_operation_with_an_audit_event(
    contoso: PaperServices,
) -> None:
    await saved(contoso, "gone")
    host = IdleHost()
    await sweep_due(host, {DueKind.BUILD: image_build_due})
    image = (await contoso.images.get(things.TENANT_ID, "i1")).value
    operation = (await contoso.operations.get(things.TENANT_ID, "build")).value
    (event,) = [each.value async for each in contoso.audit.each(things.TENANT_ID, resource_id="i1")]

    assert (image.status, image.error_code) == (DeviceImageStatus.FAILED, "siteNotFound")
    assert (operation.status, operation.error and operation.error.code) == (OperationStatus.FAILED, "siteNotFound")
    assert event.actor == SYSTEM
    assert event.after is not None
    assert event.after["status"] == "failed"
    assert (host.started, await contoso.due.due(DueKind.BUILD, things.NOW)) == ([], [])
