"""A device image whose build has failed is built again: once, from the same source, and after a crash too."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.images.image import DeviceImageStatus
from shared.domain.operations.operation import OperationStatus
from shared.services.images import device_images
from shared.services.images.device_images import image_build_due
from shared.storage.due import Due, DueKind
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.services import IdleHost

RETRY = "POST …/deviceImages/{id}/retry"
FAILED = things.image(
    id="i2", status="failed", error_code="AllocationFailed", error_detail="no capacity", operation_id="o0"
)


async def retried(routes: dict[str, Any], image_id: str, **headers: str) -> Any:
    return await ask(routes[RETRY], RETRY, at={"id": image_id}, headers=headers)


async def test_a_failed_one_is_pending_with_an_operation_of_its_own(here: Office, routes: dict[str, Any]) -> None:
    await here.images.insert(FAILED)
    answer = await retried(routes, "i2", **{"idempotency-key": "once"})
    assert answer.status_code == 204, answer.get_body()
    image = (await here.images.get("contoso", "i2")).value
    assert (image.status, image.error_code, image.source) == (DeviceImageStatus.PENDING, None, FAILED.source)
    operation = (await here.operations.get("contoso", answer.headers["Operation-Location"].rpartition("/")[2])).value
    assert (operation.kind, operation.id) == ("buildDeviceImage", image.operation_id)
    again = await retried(routes, "i2", **{"idempotency-key": "once"})
    assert again.headers["Operation-Location"] == answer.headers["Operation-Location"]
    assert (await retried(routes, "i2")).status_code == 409


@pytest.mark.parametrize("status", [s for s in DeviceImageStatus if s is not DeviceImageStatus.FAILED])
async def test_one_that_has_not_failed_is_left_alone(
    here: Office, routes: dict[str, Any], status: DeviceImageStatus
) -> None:
    await here.images.insert(FAILED.but(status=status))
    refused = await retried(routes, "i2")
    assert refused.status_code == 409
    assert status.value in json.loads(refused.get_body())["error"]["message"]
    assert (await here.images.get("contoso", "i2")).value.status is status


async def test_without_its_site_it_is_refused(here: Office, routes: dict[str, Any]) -> None:
    await here.images.insert(FAILED.but(site_id="gone"))
    assert (await retried(routes, "i2")).status_code == 409
    assert (await here.images.get("contoso", "i2")).value.status is DeviceImageStatus.FAILED


async def test_after_a_crash_the_sweep_starts_it_and_removes_first_what_is_left(
    here: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiesError(BaseException):
        """The process ends here."""

    async def dies(*_: Any, **__: Any) -> Any:
        raise DiesError

    await here.images.insert(FAILED)
    with monkeypatch.context() as patched:
        patched.setattr(device_images, "start_image_build", dies)
        with pytest.raises(DiesError):
            await retried(routes, "i2")
    host = IdleHost()
    here.hand.advance(timedelta(hours=1))
    due = Due(DueKind.BUILD, here.hand.at, "contoso", "i2")
    assert await image_build_due(here, host, due) is not None
    (order,) = host.orders
    image = (await here.images.get("contoso", "i2")).value
    assert (order["brokenOff"], order["operationId"]) == (True, image.operation_id)
    operation = (await here.operations.get("contoso", str(image.operation_id))).value
    assert operation.status is OperationStatus.NOT_STARTED
