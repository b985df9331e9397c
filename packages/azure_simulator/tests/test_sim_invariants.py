"""Every invariant holds in a cloud that is well, and breaks when what it guards is broken on purpose."""

import ast
import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest
from azure_simulator.compute.capacity import counters
from azure_simulator.compute.capacity.sizes import SIZES
from azure_simulator.core.resources import Resource

from packages.azure_simulator.tests.bodies import REGION, nic_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

SUBNET = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
ENTRA = {"publisher": "Microsoft.Azure.ActiveDirectory", "type": "AADLoginForWindows", "typeHandlerVersion": "2.0"}
TAGS = {"deskwright:cloudpc": "gone"}
Break = Callable[[InProcessCloud], None]
BREAKS: dict[str, Break] = {}
SAYS = {"observed": "cores within quota"}
"""Names under which breaks are reported, where they differ from the name of the break."""


def breaks(name: str) -> Callable[[Break], Break]:
    """Name the invariant that a function breaks."""

    def keep(function: Break) -> Break:
        BREAKS[name] = function
        return function

    return keep


@pytest.fixture
def app() -> InProcessCloud:
    """A cloud with one machine that joined Entra."""
    found = open_cloud()
    found.create_network()
    found.create_machine("cpc-1", SUBNET, computer="CPC-ONE")
    about = {"location": REGION, "properties": ENTRA}
    found.request("PUT", f"{VMS}/cpc-1/extensions/AADLogin", about)
    found.advance(1)
    return found


def store(app: InProcessCloud, path: str, kind: str, **members: object) -> None:
    """Put a resource into the world without any check."""
    body = {"id": path, "location": REGION, "tags": {}, "properties": {}, **members}
    app.cloud.world.resources.add(Resource(path, kind, body, app.cloud.world.now_us))


@breaks("orphans")
def an_interface_without_machine(app: InProcessCloud) -> None:
    app.request("PUT", f"{NETWORK}/networkInterfaces/left", nic_body(SUBNET, TAGS))


@breaks("orphaned snapshots")
def a_snapshot_of_nobody(app: InProcessCloud) -> None:
    kind = "Microsoft.Compute/snapshots"
    source = {"creationData": {"sourceResourceId": f"{GROUP}/providers/Microsoft.Compute/disks/gone"}}
    store(app, f"{GROUP}/providers/{kind}/left", kind, tags=TAGS, properties=source)


@breaks("counted")
def cores_that_nobody_has(app: InProcessCloud) -> None:
    counters.counters(app.cloud.world).cores[SUB.rpartition("/")[2], REGION, "cores"] += 2


@breaks("twins")
def two_machines_of_one_cloud_pc(app: InProcessCloud) -> None:
    app.create_machine("cpc-2", SUBNET, tags={"deskwright:cloudpc": "cpc-1"})


@breaks("tags")
def a_machine_of_nobody(app: InProcessCloud) -> None:
    app.create_machine("cpc-2", SUBNET, tags={"somebody": "else"})


@breaks("directoryOrphans")
def a_device_whose_machine_is_gone(app: InProcessCloud) -> None:
    app.send("DELETE", f"{VMS}/cpc-1")


@breaks("sameNames")
def two_devices_of_one_name(app: InProcessCloud) -> None:
    app.create_machine("cpc-2", SUBNET, tags={"deskwright:cloudpc": "cpc-2"})
    app.advance(1)
    app.send("GET", f"{VMS}/cpc-2")
    world = app.cloud.world
    directory, second = world.state("directory"), world.resources.get(f"{VMS}/cpc-2")
    assert second is not None
    (tenant,) = [each["tenantId"] for each in directory.tenants()]
    (first,) = directory.all("device", tenant)
    copy = {**first, "id": "copy", "_vm": second.id, "_machine": second.properties["vmId"]}
    directory.put("device", tenant, "copy", copy)


@breaks("sessionHostOrphans")
def a_session_host_whose_machine_is_gone(app: InProcessCloud) -> None:
    kind = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
    path = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/p/sessionHosts/h"
    store(app, path, kind, properties={"resourceId": f"{VMS}/gone"})


@breaks("assignedTwice")
def two_machines_of_one_cloud_pc_that_somebody_may_use(app: InProcessCloud) -> None:
    app.create_machine("cpc-2", SUBNET, tags={"deskwright:cloudpc": "cpc-1", "deskwright:replaces": "cpc-1"})
    kind = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
    for number in (1, 2):
        path = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/p/sessionHosts/h{number}"
        assigned = {"resourceId": f"{VMS}/cpc-{number}", "assignedUser": "somebody", "status": "Available"}
        store(app, path, kind, properties=assigned)


def a_session(app: InProcessCloud) -> str:
    path = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/p/sessionHosts/h"
    assigned = {"resourceId": f"{VMS}/cpc-1", "status": "Available", "sessions": 0}
    store(app, path, "Microsoft.DesktopVirtualization/hostPools/sessionHosts", properties=assigned, name="p/h")
    return str(app.sim("POST", "desktops/sessions", {"sessionHost": path, "userPrincipalName": "a"})["id"])


@breaks("sessionsLost")
def somebody_who_is_logged_off_without_a_word(app: InProcessCloud) -> None:
    app.request("DELETE", a_session(app))


@breaks("signInsFailed")
def somebody_whose_desktop_is_not_published(app: InProcessCloud) -> None:
    wanted = {"hostPoolType": "Pooled", "loadBalancerType": "DepthFirst", "preferredAppGroupType": "Desktop"}
    pool = f"{GROUP}/providers/Microsoft.DesktopVirtualization/hostPools/desks"
    app.request("PUT", pool, {"location": REGION, "properties": wanted})
    app.sim("POST", "graph/users", {"userPrincipalName": "a@a.example"})
    app.sim("POST", "desktops/signins", {"user": "a@a.example", "hostPool": "desks"})


@breaks("beforeRetryAfter")
def somebody_who_cannot_wait(app: InProcessCloud) -> None:
    for _ in range(13):
        app.send("POST", f"{VMS}/cpc-1/restart")
    app.advance(5)
    app.send("POST", f"{VMS}/cpc-1/restart")


@breaks("observed")
def more_cores_than_the_quota(app: InProcessCloud) -> None:
    app.sim("PATCH", "config", {"quotas": {"*": {"cores": 2}}})
    size = next(iter(SIZES.values()))
    counters.count(app.cloud.world, SUB.rpartition("/")[2], REGION, replace(size, cores=4), 1)
    counters.counters(app.cloud.world).cores.subtract(dict.fromkeys(_keys(size.family), 4))


def _keys(family: str) -> list[tuple[str, str, str]]:
    return [(SUB.rpartition("/")[2], REGION, name) for name in (family.lower(), "cores")]


def test_a_cloud_that_is_well_is_clean(app: InProcessCloud) -> None:
    assert app.sim("GET", "invariants") == {"clean": True, "findings": []}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_an_invariant_fails_when_it_is_broken(app: InProcessCloud, name: str) -> None:
    assert app.sim("GET", "invariants")["clean"]
    BREAKS[name](app)
    app.sim("GET", "state")
    found = app.sim("GET", "invariants")["findings"]
    assert SAYS.get(name, name) in {each["invariant"] for each in found}, found


def test_there_is_a_break_for_every_invariant(app: InProcessCloud) -> None:
    assert set(app.cloud.invariants) == set(BREAKS)


def test_invariants_look_at_the_world_alone(app: InProcessCloud) -> None:
    """They take the world and nothing else, and their modules import no code but the cloud's."""
    for name, check in app.cloud.invariants.items():
        assert len(inspect.signature(check).parameters) == 1, name
        module = inspect.getmodule(check)
        assert module is not None
        imported = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)]
        ours = {"__future__", "collections", "typing", "fnmatch", "dataclasses"}
        assert {str(node.module).split(".")[0] for node in imported} <= {*ours, "azure_simulator"}, name
