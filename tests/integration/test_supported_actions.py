"""Actions shown as possible are done, and the rest refused: every action, in every state, against its own route."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.operations.pausing import ServiceState
from shared.domain.spot.groups.actions import GroupAction, HostAction, VersionVerb
from shared.domain.spot.groups.members import MemberStatus
from shared.domain.spot.hosts.host import HostStatus, HostTask, HostWork
from shared.domain.spot.hosts.release import ReleaseStatus
from shared.domain.spot.images.image_version import ImageVersion, VersionAction, VersionActionName, VersionStatus
from shared.domain.tenants.tenant import Paused
from shared.errors import UnavailableError
from tests.cloud_pcs import edited
from tests.integration import desks, things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.deleted_things import DELETED, OTHERS
from tests.integration.desks import Desk, on_paper
from tests.integration.scenes import HOUR, LEAVING, NOW, POINT, WAITING, WORKS, on_release
from tests.integration.script_scenes import OTHERWISE
from tests.integration.services import IdleHost

OWN, GRAPH = "POST tenants/{tenant}/cloudPCs/{id}", "POST …/cloudPCs/{id}"
ASKED: dict[str, tuple[str, dict[str, Any] | None]] = {
    "rename": (f"{GRAPH}/rename", {"displayName": "Ada's"}),
    "retry": (f"{OWN}/retry", None),
    "reprovision": (f"{GRAPH}/reprovision", None),
    "reprovisionBuildFirst": (f"{OWN}/reprovision", {"buildFirst": True}),
    "endGracePeriod": (f"{GRAPH}/endGracePeriod", None),
    "extendGrace": (f"{OWN}/extendGrace", {"hours": 5}),
    "holdGrace": (f"{OWN}/holdGrace", None),
    "confirmRemoval": (f"{OWN}/confirmRemoval", None),
    "reboot": (f"{GRAPH}/reboot", None),
    "troubleshoot": (f"{GRAPH}/troubleshoot", None),
    "changeUserAccountType": (f"{GRAPH}/changeUserAccountType", {"userAccountType": "administrator"}),
    "createSnapshot": (f"{GRAPH}/createSnapshot", None),
    "restore": (f"{GRAPH}/restore", {"cloudPcSnapshotId": "rp1"}),
    "resize": (f"{GRAPH}/resize", {"targetServicePlanId": "sku-2"}),
    "resizeTemporarily": (f"{OWN}/resizeTemporarily", things.FOR_A_WEEK),
    "powerOn": (f"{GRAPH}/powerOn", None),
    "powerOff": (f"{GRAPH}/powerOff", None),
    "start": (f"{GRAPH}/start", None),
    "stop": (f"{GRAPH}/stop", None),
    "keepAwake": (f"{OWN}/keepAwake", {"hours": 2}),
    "overridePowerSchedule": (f"{OWN}/overridePowerSchedule", {}),
    "moveToPolicy": (f"{OWN}/moveToPolicy", {"provisioningPolicyId": "p2"}),
    "undelete": (f"{OWN}/undelete", {"deletedCloudPcId": DELETED.id}),
    "handOver": (f"{OWN}/handOver", {"deletedCloudPcId": OTHERS.id}),
    "rerunStep": (f"{OWN}/rerunStep", {}),
    "applySettings": (f"{OWN}/applySettings", None),
}
WARNED = {"status": Status.PROVISIONED_WITH_WARNINGS, "warnings": (Warn(step="hidePowerIcons", message="no"),)}
BUSY = RemoteAction(name=Remote.REBOOT, operation_id="o9", begun_at=NOW)
ANOTHER = WORKS.current.but(generation=2, phase="building")
STATES: dict[str, CloudPc] = {
    **{f"it is {status.value}": edited(WORKS, status=status) for status in Status},
    "it is in its grace period": edited(WORKS, status=Status.IN_GRACE_PERIOD, grace=LEAVING),
    "its removal waits": edited(WORKS, removal=WAITING),
    "a step left a warning": edited(WORKS, **WARNED),
    "it has a restore point": edited(WORKS, restore_points=(POINT,)),
    "an action is at work": edited(WORKS, action=BUSY, **WARNED),
    "a setting differs": edited(WORKS, snapshot=OTHERWISE),
    "a setting differs while an action is at work": edited(WORKS, snapshot=OTHERWISE, action=BUSY),
    "it is being replaced": edited(WORKS, replacement=ANOTHER, **WARNED),
    "its machine is not known": things.cloud_pc(status=Status.PROVISIONED, attempt=1),
    "it has failed, to be cleaned up later": edited(WORKS, status=Status.FAILED, clean_up_at=NOW + HOUR),
}


@pytest.fixture
async def here(here: Office) -> Office:
    await here.deleted_cloud_pcs.insert(DELETED)
    await here.deleted_cloud_pcs.insert(OTHERS)
    await here.policies.insert(things.policy())
    await here.policies.insert(things.policy(id="p2", display_name="Others"))
    return here


async def shown(here: Office, routes: dict[str, Any], name: str, at: dict[str, str], **more: Any) -> dict[str, Any]:
    answer = await ask(routes[name], name, at=at, **more)
    assert answer.status_code == 200, answer.get_body()
    return {each["action"]: each for each in json.loads(answer.get_body())["value"]}


async def of_pc(here: Office, routes: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = "GET tenants/{tenant}/cloudPCs/{id}/supportedActions"
    return await shown(here, routes, name, {"id": WORKS.id}, **more)


async def compare(here: Office, routes: dict[str, Any], pc: CloudPc) -> None:
    """Perform every action on *pc* as it was, and compare the results with the actions that were shown."""
    await here.cloud_pcs.insert(pc)
    said = await of_pc(here, routes)
    assert said.keys() == ASKED.keys() == ACTIONS.keys()
    for action, (name, body) in ASKED.items():
        content = b"" if body is None else json.dumps(body).encode()
        answer = await ask(routes[name], name, body=content, at={"id": pc.id})
        assert said[action]["possible"] == (answer.status_code < 300), (action, said[action], answer.get_body())
        assert ("reason" not in said[action]) == said[action]["possible"], said[action]
        if said[action]["possible"]:
            await here.cloud_pcs.change(pc.tenant_id, pc.id, lambda _: pc)


SHORT = (
    "it is provisioned",
    "it is in its grace period",
    "a setting differs",
    "an action is at work",
    "it has failed, to be cleaned up later",
)
"""One of each kind; the others are part of make long."""


@pytest.mark.parametrize("state", [s if s in SHORT else pytest.param(s, marks=pytest.mark.long) for s in STATES])
async def test_an_action_is_shown_as_possible_exactly_where_its_route_does_it(
    here: Office, routes: dict[str, Any], state: str
) -> None:
    await compare(here, routes, STATES[state])


@pytest.mark.parametrize(
    "why",
    [
        "steps run again",
        "no licence",
        *(pytest.param(w, marks=pytest.mark.long) for w in ("paused", "no group", "away")),
    ],
)
async def test_what_no_record_of_the_cloud_pc_knows_is_asked(
    here: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    async def fail(*_: Any) -> Any:
        raise UnavailableError("the directory is away")

    async def alive(_: IdleHost, instance_id: str) -> Any:
        return SimpleNamespace(runtime_status=SimpleNamespace(value="Running")) if "rerun" in instance_id else None

    async def started(_: IdleHost, name: str, instance_id: str, order: Any) -> str:
        if "rerun" in instance_id:
            raise RuntimeError(f"{name} runs already with {order}")
        return instance_id

    match why:
        case "steps run again":
            monkeypatch.setattr(IdleHost, "get_status", alive)
            monkeypatch.setattr(IdleHost, "start_new", started)
        case "paused":
            await here.service_state.change(lambda _: ServiceState(paused=Paused(by="ada", at=NOW)))
        case "no licence":
            here.directory.licences["ada"] = ()
        case "no group":
            here.directory.groups["g1"] = set()
        case _:
            monkeypatch.setattr(here.directory, "user", fail)
    await compare(here, routes, edited(STATES["it has a restore point"], **WARNED))


async def test_a_reader_is_told_the_role_that_it_takes(here: Office, routes: dict[str, Any]) -> None:
    await here.cloud_pcs.insert(WORKS)
    said = await of_pc(here, routes, headers=signed_in("CloudPC.Reader"))
    assert {each["possible"] for each in said.values()} == {False}
    assert "Cloud PC Operator" in said["reboot"]["reason"]
    operator = await of_pc(here, routes, headers=signed_in("CloudPC.Operator"))
    assert (operator["reboot"]["possible"], operator["confirmRemoval"]["possible"]) == (True, False)


async def test_what_there_is_to_choose_from_is_shown(here: Office, routes: dict[str, Any]) -> None:
    await here.cloud_pcs.insert(edited(WORKS, restore_points=(POINT,), **WARNED))
    said = await of_pc(here, routes)
    chosen = {name: said[name].get("choices") for name in ("resize", "restore", "rerunStep", "reboot")}
    assert chosen == {"resize": ["sku-2"], "restore": ["rp1"], "rerunStep": ["hidePowerIcons"], "reboot": None}


@pytest.mark.long
@pytest.mark.parametrize("status", HostStatus)
@pytest.mark.parametrize("task", [None, HostTask.RESTART, HostTask.REMOVE])
async def test_a_host_shows_what_its_routes_do(
    here: Office, routes: dict[str, Any], status: HostStatus, task: HostTask | None
) -> None:
    work = HostWork(task=task, run=1, begun_at=NOW) if task else None
    host, at = desks.session_host(1, status=status, work=work), {"id": desks.GROUP_ID, "host": "h1"}
    await here.spot_groups.insert(desks.spot_group())
    await here.session_hosts.insert(host)
    on_paper(here, h1=Desk())
    said = await shown(here, routes, "GET …/spotGroups/{id}/hosts/{host}/supportedActions", at)
    assert said.keys() == set(HostAction)
    for action, each in said.items():
        name = f"POST …/spotGroups/{{id}}/hosts/{{host}}/{action}"
        answer = await ask(routes[name], name, at=at)
        assert each["possible"] == (answer.status_code < 300), (each, answer.get_body())
        await here.session_hosts.change("contoso", "h1", lambda _: host)


@pytest.mark.parametrize("status", [None, *(pytest.param(s, marks=pytest.mark.long) for s in ReleaseStatus)])
@pytest.mark.parametrize("held", [True, False])
async def test_a_group_shows_what_its_routes_do(
    here: Office, routes: dict[str, Any], status: ReleaseStatus | None, *, held: bool
) -> None:
    release: Any = on_release(status or ReleaseStatus.RUNNING).given[1][1]
    group = desks.spot_group()
    group = group.but(release_id="r1") if status else group
    members = [desks.member("ada", status=MemberStatus.REMOVAL_HELD, held_because="a group is empty")] if held else []
    await here.spot_groups.insert(group)
    await here.releases.insert(release)
    for each in members:
        await here.spot_members.insert(each)
    await here.operations.insert(things.operation(id="op-release", kind="updateSpotGroup", resource_id=group.id))
    at, query = {"id": group.id}, {"confirm": "true"}
    said = await shown(here, routes, "GET …/spotGroups/{id}/supportedActions", at)
    assert said.keys() == set(GroupAction)
    for action in [each for each in said if each != "delete"] + ["delete"]:
        name = "DELETE …/spotGroups/{id}" if action == "delete" else f"POST …/spotGroups/{{id}}/{action}"
        answer = await ask(routes[name], name, at=at, query=query if action == "delete" else {})
        assert said[action]["possible"] == (answer.status_code < 300), (said[action], answer.get_body())
        await here.spot_groups.change("contoso", group.id, lambda _: group)
        await here.releases.change("contoso", "r1", lambda _: release)


CONNECTING = VersionAction(name=VersionActionName.CONNECT, operation_id="o8", begun_at=NOW)
VERSION_STATES: dict[str, ImageVersion] = {
    **{f"it is {status.value}": desks.image_version("1.0.1", status=status) for status in VersionStatus},
    "somebody connects": desks.image_version("1.0.1", status=VersionStatus.CUSTOMIZING, action=CONNECTING),
    "its recipe is at work": desks.image_version("1.0.1", status=VersionStatus.CUSTOMIZING, recipe=()),
    "a group has it": desks.image_version("1.0.0"),
    "it is the source": desks.image_version("0.0.0", gallery_version_id=None),
}
"""Versions of the image set of a group, whose hosts have 1.0.0."""
VERSION_SHORT = ("it is customizing", "it is available", "a group has it")
CONNECT = {"password": "Chosen-by-the-caller-7", "address": "20.50.2.10"}


@pytest.mark.parametrize(
    "state", [s if s in VERSION_SHORT else pytest.param(s, marks=pytest.mark.long) for s in VERSION_STATES]
)
async def test_an_image_version_shows_what_its_routes_do(here: Office, routes: dict[str, Any], state: str) -> None:
    version = VERSION_STATES[state]
    await here.spot_groups.insert(desks.spot_group())
    await here.image_versions.insert(version)
    at, bodies = {"id": version.image_set_id, "number": version.version}, {"connect": CONNECT}
    place = "…/imageSets/{id}/versions/{number}"
    said = await shown(here, routes, f"GET {place}/supportedActions", at)
    assert said.keys() == set(VersionVerb)
    for action, each in said.items():
        name = f"DELETE {place}" if action == "delete" else f"POST {place}/{action}"
        body = {"confirm": version.version} if action == "seal" else bodies.get(action)
        answer = await ask(routes[name], name, at=at, body=json.dumps(body).encode() if body else b"")
        assert each["possible"] == (answer.status_code < 300), (each, answer.get_body())
        await here.image_versions.change("contoso", version.id, lambda _: version)
