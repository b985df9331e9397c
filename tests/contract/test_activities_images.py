"""A device image built by the activities: generalised, captured, replicated; and forgotten."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from azure_simulator.certificates import Certificates

from packages.azure_simulator.tests.contract.running import SUBSCRIPTION
from shared.contracts import images, machines
from shared.contracts.calls import on_behalf_of
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.images.image import DeviceImage, DeviceImageStatus, ImageSource
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.images.image_version import VersionStatus
from shared.services.images.replicas import replication_due
from shared.services.images.sources import gallery_images, own_images
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from tests.contract.test_activities_desktop import build
from tests.contract.worker import GROUP, REGION, SITE, TENANT, Records, Worker, working
from tests.integration.image_things import image_set, version

pytestmark = pytest.mark.simulator


@pytest.fixture
async def worker(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    async with working(certificates, monkeypatch) as found:
        yield found


MACHINE = Machine(
    tenant_id=TENANT.id,
    owner=Owner(kind=OwnerKind.DEVICE_IMAGE, id="11111111-2222-4333-8444-555555555555"),
    subscription_id=SUBSCRIPTION,
    resource_group=GROUP,
    region=REGION,
    computer_name="IMG-11111111",
)
ORDER = images.CaptureOrder(machine=MACHINE, display_name="Teachers", version="1.0.0", regions=(REGION, "northeurope"))


async def generalize(worker: Worker) -> None:
    await build(worker, MACHINE)
    await worker.finish(await worker.do(images.BEGIN_GENERALIZE, MACHINE))
    assert isinstance(await worker.wait(images.POLL_STOPPED, MACHINE), Done)
    stopping = await worker.do(machines.BEGIN_DEALLOCATE, MACHINE)
    if isinstance(stopping, Accepted):
        await worker.finish(stopping)
    for _ in range(2):  # a repeated call finds what the first has done
        assert isinstance(await worker.do(images.MARK_GENERALIZED, MACHINE), Done)


async def capture(worker: Worker) -> images.GalleryVersion:
    assert isinstance(await worker.wait(images.PREPARE_GALLERY, ORDER), Done)
    begun = await worker.do(images.BEGIN_CAPTURE, ORDER)
    assert isinstance(await worker.finish(begun), machines.Finished)
    return images.GalleryVersion(tenant_id=TENANT.id, subscription_id=SUBSCRIPTION, version_id=begun.resource_id)


async def test_an_image_arrives_in_every_region_and_can_be_forgotten(worker: Worker) -> None:
    await generalize(worker)
    version = await capture(worker)
    assert isinstance(await worker.wait(images.POLL_REPLICATION, version), Done)
    assert isinstance(await worker.do(images.DELETE_GALLERY_VERSION, version), Done)


async def test_a_capture_that_was_begun_is_begun_again_without_harm(worker: Worker) -> None:
    await generalize(worker)
    version = await capture(worker)
    again = await worker.do(images.BEGIN_CAPTURE, ORDER)
    assert again.resource_id == version.version_id


async def test_what_is_built_is_offered_to_its_tenant_and_to_no_neighbour_in_the_subscription(worker: Worker) -> None:
    await generalize(worker)
    version = await capture(worker)
    site, offered = SITE.but(resource_group=GROUP), {}
    for tenant in (TENANT, TENANT.but(id="neighbour")):
        with on_behalf_of(TENANT.id):
            found = await own_images(worker.deps, tenant, [site])
            assert all(each.ready for each in found)
        offered[tenant.id] = [each.id.casefold() for each in found]
    assert offered == {TENANT.id: [version.version_id.casefold()], "neighbour": []}


@pytest.mark.parametrize("neighbours", ["none", "of this subscription", "of another subscription"])
async def test_galleries_of_other_groups_are_offered_where_no_other_tenant_has_the_subscription(
    worker: Worker, neighbours: str
) -> None:
    await generalize(worker)
    version = await capture(worker)
    if neighbours != "none":
        other = SUBSCRIPTION if neighbours == "of this subscription" else "00000000-0000-4000-8000-00000000000f"
        worker.keep(TENANT.but(id="neighbour", subscription_id=other))
    with on_behalf_of(TENANT.id):
        found = await own_images(worker.deps, TENANT, [SITE.but(resource_group="elsewhere")])
    expected = [] if neighbours == "of this subscription" else [version.version_id.casefold()]
    assert [each.id.casefold() for each in found] == expected


@pytest.mark.parametrize(
    ("broken", "kind"), [("", "validated"), ("checkAgents", "validated"), ("checkJoin", "refused")]
)
async def test_a_test_machine_reports_whether_its_image_fits(worker: Worker, broken: str, kind: str) -> None:
    await build(worker, MACHINE)
    if broken:
        await worker.cloud.sim("config", {"scriptOutcomes": [{"step": broken, "message": "no"}]})
    order = images.ValidationOrder(machine=MACHINE)
    await worker.finish(await worker.do(images.BEGIN_VALIDATION, order))
    read = await worker.wait(images.READ_VALIDATION, order)
    assert read.kind == kind
    assert [each.step for each in getattr(read, "warnings", ())] == ([broken] if broken == "checkAgents" else [])


async def test_only_images_that_start_with_trusted_launch_are_offered(worker: Worker) -> None:
    await worker.cloud.sim("config", {"generation1Images": ["win11-23h2-ent"]})
    with on_behalf_of(TENANT.id):
        offered = {each.image.sku for each in await gallery_images(worker.deps, TENANT, REGION)}
    assert offered >= {"win10-22h2-ent-g2", "win11-24h2-ent", "win11-24h2-ent-cpc-m365"}
    assert not offered & {"win10-22h2-ent", "win11-23h2-ent"}


async def test_a_version_of_another_machine_is_refused_permanently(worker: Worker) -> None:
    await generalize(worker)
    await capture(worker)
    other = ORDER.but(machine=MACHINE.but(owner=MACHINE.owner.but(id="other")))
    refused = await worker.do(images.BEGIN_CAPTURE, other)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.final) == ("versionExists", True)


async def test_a_sysprep_that_fails_is_reported_with_its_evidence(worker: Worker) -> None:
    await build(worker, MACHINE)
    await worker.cloud.sim("config", {"scriptOutcomes": [{"step": "generalize", "message": "an app is in the way"}]})
    await worker.finish(await worker.do(images.BEGIN_GENERALIZE, MACHINE))
    refused = await worker.wait(images.POLL_STOPPED, MACHINE)
    assert isinstance(refused, Refused)
    assert refused.code == "generalizeFailed"
    assert "an app is in the way" in (refused.evidence or "")


async def test_an_image_is_copied_to_a_region_that_its_site_gets_later(worker: Worker) -> None:
    await generalize(worker)
    version = await capture(worker)
    at = worker.deps.clock.now()
    image = DeviceImage(
        id="i1",
        tenant_id=TENANT.id,
        display_name="Teachers",
        version="1.0.0",
        site_id=SITE.id,
        source=ImageSource(gallery_version_id=version.version_id),
        status=DeviceImageStatus.READY,
        gallery_version_id=version.version_id,
        regions=ORDER.regions,
        created_date_time=at,
        last_modified_date_time=at,
    )
    deps: Any = worker.deps
    deps.image_sets, deps.image_versions = Records(), Records()
    deps.images, deps.sites = Images({"i1": image}), Records({SITE.id: SITE.but(fallback_regions=("northeurope",))})
    due = Due(DueKind.REPLICATE, at, TENANT.id, SITE.id)
    assert await replication_due(worker.deps, deps, due) is None
    deps.sites.values[SITE.id] = SITE.but(fallback_regions=("northeurope", "francecentral"))
    looks = 0
    while (again_at := await replication_due(worker.deps, deps, due)) is not None:
        assert deps.images.values["i1"].regions == ORDER.regions
        worker.cloud.advance((again_at - worker.deps.clock.now()).total_seconds())
        looks += 1
        assert looks < 60
    assert looks
    assert deps.images.values["i1"].regions == (*ORDER.regions, "francecentral")
    with on_behalf_of(TENANT.id):
        (offered,) = await own_images(worker.deps, TENANT, [SITE.but(resource_group=GROUP)])
    assert set(offered.regions) == {*ORDER.regions, "francecentral"}


async def test_a_version_of_a_global_set_is_copied_to_a_site_that_comes_later(worker: Worker) -> None:
    await generalize(worker)
    captured = await capture(worker)
    ready = version(gallery_version_id=captured.version_id, regions=ORDER.regions, status=VersionStatus.AVAILABLE)
    later = SITE.but(id="later", region="francecentral", resource_group="later")
    deps: Any = worker.deps
    deps.images, deps.image_versions = Images(), Images({"v1": ready})
    deps.image_sets, deps.sites = Records({"5e700000": image_set(is_global=True)}), Records({later.id: later})
    deps.spot_groups, deps.session_hosts, deps.releases = Images(), Images(), Images()
    due = Due(DueKind.REPLICATE, worker.deps.clock.now(), TENANT.id, later.id)
    looks = 0
    while (again_at := await replication_due(worker.deps, deps, due)) is not None:
        worker.cloud.advance((again_at - worker.deps.clock.now()).total_seconds())
        looks += 1
        assert looks < 60

    assert deps.image_versions.values["v1"].regions == (*ORDER.regions, "francecentral")
    deps.image_sets.values["5e700000"] = image_set()
    deps.image_versions.values["v1"] = ready
    assert await replication_due(worker.deps, deps, due) is None
    assert deps.image_versions.values["v1"].regions == ORDER.regions


class Images(Records):
    """Images that are found by their site, and changed."""

    async def each(self, tenant_id: str | None = None, **columns: Any) -> AsyncIterator[Stored[Any]]:
        async for stored in super().each(tenant_id):
            if all(getattr(stored.value, name) == value for name, value in columns.items()):
                yield stored

    async def change(self, _tenant_id: str, key: str, edit: Callable[[Any], Any]) -> None:
        self.values[key] = edit(self.values[key])
