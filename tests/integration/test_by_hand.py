"""Requests of people, on real tables: sent twice, at the same time, and interrupted by a crash."""

import base64
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from shared.contracts.builds import RECORD_CLEANED, LeftRecord
from shared.contracts.reconciling import START_PROVISIONING, StartOrder
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import RETRY
from shared.domain.images.image import ImageType
from shared.domain.operations.operation import Actor, OperationStatus
from shared.domain.tenants.directory import Group
from shared.domain.wizards.create_provisioning_policy import PolicyFacts
from shared.errors import ConflictError, InvalidError, UnavailableError
from shared.services.cloud_pcs.builds import rebuild, resume_build
from shared.services.cloud_pcs.deprovisioning import clean_up_due
from shared.services.operations.sweeps import sweep_due
from shared.services.policies.policies import create_policy
from shared.services.policies.reconciling import SWEEP_AFTER
from shared.storage.due import WATCH_EVERY, DueKind, watch_due
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices, perform
from tests.integration.test_reconciliation import plan
from triggers.http.authentication import Caller
from triggers.http.call import Call, Response
from triggers.http.idempotency import once
from triggers.http.openapi import routes
from triggers.http.write_only import secret_places

ADMIN = Caller(actor=Actor(id="admin", name="Admin", roles=("CloudPC.Administrator",)), directory_id=things.DIRECTORY)
FAILED = things.cloud_pc(status=Status.FAILED, attempt=3, operation_id="before")


@pytest.fixture
async def here(contoso: PaperServices) -> PaperServices:
    await contoso.images.insert(
        things.image(status="ready", gallery_version_id="/galleries/g", regions=("westeurope",))
    )
    await contoso.policies.insert(things.policy(image_type=ImageType.CUSTOM, image_id="i1"))
    contoso.directory.groups = {"g1": {"ada"}}
    contoso.directory.licences = {"ada": ("sku-1",)}
    return contoso


async def call(
    here: PaperServices, body: Any = None, *, trace: str = "one", key: str | None = None, path: str = "/x"
) -> Call:
    request = func.HttpRequest(
        method="POST",
        url=f"http://api{path}",
        headers={"Idempotency-Key": key} if key else {},
        body=b"" if body is None else json.dumps(body).encode(),
        route_params={"tenant": "contoso", "id": "p1", "version": "beta"},
    )
    tenant = await here.tenants.get("contoso")
    return Call(request, here, ADMIN, tenant=tenant, verb="Microsoft.CloudPC/cloudPCs/retry", trace_id=trace)


async def test_of_two_retries_at_once_one_builds_and_the_other_is_refused(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    await here.cloud_pcs.insert(FAILED)
    host, look_up = IdleHost(), here.directory.user
    faster = await call(here, trace="faster")

    async def overtaken(id_or_upn: str) -> Any:
        monkeypatch.setattr(here.directory, "user", look_up)
        await rebuild(faster.context, host, FAILED.id, RETRY)
        return await look_up(id_or_upn)

    monkeypatch.setattr(here.directory, "user", overtaken)
    with pytest.raises(ConflictError):
        await rebuild((await call(here, trace="slower")).context, host, FAILED.id, RETRY)
    pc = (await here.cloud_pcs.get("contoso", FAILED.id)).value
    statuses = {s.value.id: s.value.status async for s in here.operations.each("contoso")}

    assert (pc.status, pc.current.generation) == (Status.PENDING_PROVISION, FAILED.current.generation + 1)
    assert len(host.started) == 1
    assert statuses.pop(pc.current.operation_id or "") is not OperationStatus.FAILED
    assert list(statuses.values()) == [OperationStatus.FAILED]


async def test_a_retry_that_dies_before_its_start_is_found_by_the_sweep(here: PaperServices) -> None:
    await here.cloud_pcs.insert(FAILED)

    class DeadHost(IdleHost):
        async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
            raise ConnectionResetError(name, instance_id, order)

    with pytest.raises(UnavailableError):
        await rebuild((await call(here)).context, DeadHost(), FAILED.id, RETRY)
    (due,) = await here.due.due(DueKind.START, things.NOW + 3 * SWEEP_AFTER)
    assert (due.subject_id, due.generation) == (FAILED.id, FAILED.current.generation + 1)


async def test_a_clean_up_that_broke_off_is_begun_again_until_it_is_done(here: PaperServices) -> None:
    made = Resources(
        computer_name="CPC-ADA-X", subscription_id=things.SUBSCRIPTION, region="westeurope", resource_group="desks"
    )
    await here.cloud_pcs.insert(edited(FAILED, resources=made, clean_up_at=things.NOW))
    await here.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", FAILED.id, FAILED.current.generation)
    host = IdleHost()
    for _ in range(3):
        await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
        here.hand.advance(timedelta(hours=2))
    assert len(host.started) == 3

    done = LeftRecord(tenant_id="contoso", cloud_pc_id=FAILED.id, generation=FAILED.current.generation)
    await perform(RECORD_CLEANED, done)
    await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
    here.hand.advance(timedelta(hours=2))
    assert len(host.started) == 3
    assert await here.due.due(DueKind.CLEAN_UP, here.hand.at) == []


class BusyHost(IdleHost):
    """Has an instance of every id already, and it is alive."""

    async def start_new(self, name: str, instance_id: str, order: dict[str, Any]) -> str:
        del name, order
        raise RuntimeError(f"{instance_id} is alive")

    async def get_status(self, instance_id: str, **_: bool) -> Any:
        del instance_id
        return SimpleNamespace(runtime_status=SimpleNamespace(value="Running"), last_updated_time=None)


async def test_a_build_that_broke_off_is_begun_again_where_it_was(here: PaperServices) -> None:
    made = Resources(
        computer_name="CPC-ADA-X", subscription_id=things.SUBSCRIPTION, region="westeurope", resource_group="desks"
    )
    pc = things.cloud_pc(status=Status.PROVISIONING, attempt=2, resources=made)
    await here.cloud_pcs.insert(pc)
    await here.due.put_all([watch_due(pc, things.NOW)])
    host = IdleHost()
    await sweep_due(host, {DueKind.WATCH: resume_build})
    assert host.started == []  # not yet
    here.hand.advance(WATCH_EVERY)
    await sweep_due(host, {DueKind.WATCH: resume_build})

    assert host.started == [f"contoso-{pc.id}-provision-1"]
    assert host.orders[0]["attempt"] == 2
    assert [remains["computerNames"] for remains in host.orders[0]["remains"]] == [["CPC-ADA-X"]]


async def test_a_build_that_runs_is_left_alone_and_one_that_has_ended_is_watched_no_more(here: PaperServices) -> None:
    pc = things.cloud_pc(status=Status.PROVISIONING, attempt=1)
    await here.cloud_pcs.insert(pc)
    await here.due.put_all([watch_due(pc, things.NOW)])
    here.hand.advance(WATCH_EVERY)
    await sweep_due(BusyHost(), {DueKind.WATCH: resume_build})
    here.hand.advance(WATCH_EVERY)
    assert len(await here.due.due(DueKind.WATCH, here.hand.at)) == 1

    await here.cloud_pcs.change("contoso", pc.id, lambda there: edited(there, status=Status.PROVISIONED))
    await sweep_due(IdleHost(), {DueKind.WATCH: resume_build})
    assert await here.due.due(DueKind.WATCH, here.hand.at + WATCH_EVERY) == []


async def test_a_retry_that_meets_the_beginning_of_the_clean_up_waits_for_its_end(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Resources(
        computer_name="CPC-ADA-X", subscription_id=things.SUBSCRIPTION, region="westeurope", resource_group="desks"
    )
    await here.cloud_pcs.insert(edited(FAILED, resources=made, clean_up_at=things.NOW))
    await here.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", FAILED.id, FAILED.current.generation)
    host, look_up = IdleHost(), here.directory.user

    async def overtaken(id_or_upn: str) -> Any:
        monkeypatch.setattr(here.directory, "user", look_up)
        await sweep_due(host, {DueKind.CLEAN_UP: clean_up_due})
        return await look_up(id_or_upn)

    monkeypatch.setattr(here.directory, "user", overtaken)
    with pytest.raises(ConflictError, match="remains are being removed"):
        await rebuild((await call(here)).context, host, FAILED.id, RETRY)
    assert [instance for instance in host.started if "provision" in instance] == []
    assert (await here.cloud_pcs.get("contoso", FAILED.id)).value.status is Status.FAILED


MADE = Resources(
    subscription_id=things.SUBSCRIPTION,
    resource_group="desks",
    region="westeurope",
    computer_name="CPC-ADA-X",
    vm_id="/vm/1",
    joined_at=things.NOW,
    entra_device_id="device-1",
)
LATE = Failure(code="enrollInIntuneTimedOut", message="not in Intune", step=Step.ENROLL_IN_INTUNE)


async def test_a_retry_goes_on_with_the_machine_whose_clean_up_it_cancels(here: PaperServices) -> None:
    today = (await rebuilt(here, edited(FAILED, resources=MADE))).current.snapshot
    await here.cloud_pcs.change(
        "contoso",
        FAILED.id,
        lambda pc: edited(
            pc, status=Status.FAILED, snapshot=today, resources=MADE, last_error=LATE, clean_up_at=things.NOW
        ),
    )
    host = IdleHost()
    due = await here.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", FAILED.id, FAILED.current.generation + 1)
    await retried(here, host)
    pc = (await here.cloud_pcs.get("contoso", FAILED.id)).value

    assert (pc.current.resumed_at, pc.status) == (Step.ENROLL_IN_INTUNE, Status.PENDING_PROVISION)
    assert host.orders[0]["resume"]["step"] == "enrollInIntune"
    assert host.orders[0]["resume"]["made"]["computerName"] == "CPC-ADA-X"
    assert [each["computerNames"] for each in host.orders[0]["remains"]] == [["CPC-ADA-X"]]
    assert await here.due.due(DueKind.CLEAN_UP, things.NOW) == []
    assert await clean_up_due(here, host, due) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"snapshot": things.snapshot(image_display_name="older")},
        {"last_error": LATE.but(step=Step.CREATE_VM)},
        {"resources": MADE.but(joined_at=None)},
        {"resources": MADE.but(resource_group="elsewhere")},
    ],
)
async def test_a_retry_begins_anew_where_the_machine_is_not_what_would_be_built(
    here: PaperServices, changes: dict[str, Any]
) -> None:
    today = (await rebuilt(here, edited(FAILED, resources=MADE))).current.snapshot
    failed = {"snapshot": today, "resources": MADE, "last_error": LATE, **changes}
    await here.cloud_pcs.change(
        "contoso", FAILED.id, lambda pc: edited(pc, status=Status.FAILED, clean_up_at=things.NOW, **failed)
    )
    host = IdleHost()
    await retried(here, host)

    assert "resume" not in host.orders[0]
    assert [each["computerNames"] for each in host.orders[0]["remains"]] == [["CPC-ADA-X"]]


async def retried(here: PaperServices, host: IdleHost) -> None:
    """Retry it once more, and begin what is planned then; *host* keeps only the order of the build."""
    await rebuild((await call(here, trace="continue_as_new")).context, IdleHost(), FAILED.id, RETRY)
    (group,) = (await plan("ada")).groups
    await perform(START_PROVISIONING, StartOrder(tenant_id="contoso", cloud_pc_ids=group), host)


async def rebuilt(here: PaperServices, failed: CloudPc) -> CloudPc:
    """Retry a failed build; return its record, with the snapshot that today's policy gives."""
    await here.cloud_pcs.insert(edited(failed, clean_up_at=things.NOW))
    await rebuild((await call(here)).context, IdleHost(), failed.id, RETRY)
    return (await here.cloud_pcs.get("contoso", failed.id)).value


async def test_a_clean_up_that_meets_a_retry_leaves_the_new_build_alone(here: PaperServices) -> None:
    made = Resources(
        computer_name="CPC-ADA-X", subscription_id=things.SUBSCRIPTION, region="westeurope", resource_group="desks"
    )
    await here.cloud_pcs.insert(edited(FAILED, resources=made, clean_up_at=things.NOW))
    due = await here.due.put(DueKind.CLEAN_UP, things.NOW, "contoso", FAILED.id, FAILED.current.generation)
    host = IdleHost()
    await rebuild((await call(here)).context, host, FAILED.id, RETRY)
    assert await clean_up_due(here, host, due) is None
    assert [instance for instance in host.started if "cleanup" in instance] == []


FORM = {
    "connection": {"connectionIds": ["c1"]},
    "image": {"imageType": "custom", "imageId": "i1"},
    "configuration": {},
    "groups": {"groupIds": ["g1"]},
    "detail": {"displayName": "Second"},
}


async def facts(here: PaperServices) -> Any:
    return PolicyFacts(
        sites=(things.site(),),
        connections=(things.connection(),),
        images=tuple([s.value async for s in here.images.each("contoso")]),
        policies=(),
        gallery_images=(),
        groups=(Group(id="g1", display_name="Staff", security_enabled=True),),
        entitlements=(),
        cloud_pcs=(),
        usages=(),
    )


async def promised(here: PaperServices) -> bool:
    due = await here.due.due(DueKind.RECONCILE, things.NOW + SWEEP_AFTER)
    return bool(due) and await here.requests.newest("contoso") is not None


async def test_a_policy_is_not_saved_before_its_reconcile_is_promised(
    here: PaperServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(value: Any) -> Any:
        raise ConnectionResetError(value.id)

    monkeypatch.setattr(here.policies, "insert", crash)
    with pytest.raises(ConnectionResetError):
        await create_policy((await call(here)).context, FORM, await facts(here))
    assert await promised(here)


async def test_a_form_that_is_refused_promises_nothing(here: PaperServices) -> None:
    with pytest.raises(InvalidError):
        await create_policy((await call(here)).context, {**FORM, "groups": {"groupIds": ["g2"]}}, await facts(here))
    assert not await promised(here)


async def test_the_same_key_with_another_body_is_another_thing(here: PaperServices) -> None:
    one, again = await call(here, {"a": 1}, key="k"), await call(here, {"a": 1}, key="k", trace="two")
    other = await call(here, {"a": 2}, key="k")
    assert one.context.new_id("policy") == again.context.new_id("policy")
    assert one.context.new_id("policy") != other.context.new_id("policy")


async def test_no_digest_of_a_password_is_kept(here: PaperServices) -> None:
    declared = next(route.metadata for route in routes() if route.name == "update_ad_domain_password")
    assert declared is not None
    calls = [await call(here, {"adDomainPassword": password}, key="k") for password in ("one", "two")]
    for each in calls:
        each.secrets = lambda: secret_places(declared.accepts)
    assert len({each.mark for each in calls}) == 1


async def test_an_answer_whose_key_was_taken_over_and_given_back_is_still_given(here: PaperServices) -> None:
    asked = await call(here, {}, key="k")

    async def perform() -> Response:
        await here.idempotency.release("contoso:5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de:admin", "k")
        return Response(201, {"id": "x"})

    assert (await once(asked, perform)).status == 201


async def test_two_with_one_key_at_once_have_the_effect_of_one(here: PaperServices) -> None:
    asked = await call(here, {}, key="k")
    made: list[str] = []

    async def perform() -> Response:
        with pytest.raises(ConflictError):
            await once(await call(here, {}, key="k", trace="two"), perform)
        made.append(asked.context.new_id("thing"))
        return Response(201, {"id": made[0]})

    first = await once(asked, perform)
    second = await once(asked, perform)
    assert (len(made), second.body) == (1, first.body)
    assert (second.headers or {})["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "token", ['{"PartitionKey": 7, "RowKey": "x"}', '{"PartitionKey": {}, "RowKey": []}', "[" * 9999]
)
async def test_a_made_up_token_of_a_page_is_refused(here: PaperServices, token: str) -> None:
    made = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    with pytest.raises(InvalidError):
        await here.sites.page("contoso", 10, made)


async def test_another_tenant_s_token_of_a_page_shows_nothing_of_it(here: PaperServices) -> None:
    for number in range(3):
        await here.sites.insert(things.site(id=f"s{number}", tenant_id="fabrikam"))
    token = (await here.sites.page("fabrikam", 1)).next_token
    seen = (await here.sites.page("contoso", 10, token)).items
    assert [s.value.tenant_id for s in seen if s.value.tenant_id != "contoso"] == []
