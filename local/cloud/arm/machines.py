"""Virtual machines: make, change, show, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.arm import capacity, machine
from local.cloud.arm.accepted import accepted
from local.cloud.arm.catalogue import Size
from local.cloud.arm.interfaces import attach, keep
from local.cloud.arm.interfaces import remove as remove_nic
from local.cloud.arm.machinebody import Order, read_order, read_size
from local.cloud.arm.reading import need_group, read, tags_of
from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.longrunning import Course, begin, cancel, running_on
from local.cloud.core.resources import Resource
from local.cloud.core.routing import Routes
from local.cloud.core.world import merge

if TYPE_CHECKING:
    from local.cloud.core.calls import Call

ROUTES = Routes("arm")
TYPE = machine.TYPE
ALL = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Compute/virtualMachines"
ONE = f"{ALL}/{{vm}}"
CREATE_PHASES = (
    ("accepted", 0.02),
    ("allocating", 0.13),
    ("disk", 0.1),
    ("booting", 0.25),
    ("os-provisioning", 0.5),
)
FROZEN = (
    "properties.storageProfile.imageReference",
    "properties.osProfile.computerName",
    "properties.osProfile.adminUsername",
    "properties.osProfile.adminPassword",
    "properties.storageProfile.osDisk.createOption",
    "properties.storageProfile.osDisk.name",
    "zones",
    "location",
)


@ROUTES.operation("vm.create", "PUT", ONE, throttle="PutVM", action=f"{TYPE}/write")
def put_machine(call: Call) -> Answer:
    """Make a machine, or bring an existing one to the body."""
    need_group(call)
    found = call.world.resources.get(call.path)
    if found is not None and call.headers.get("if-none-match") == "*":
        raise Problem(412, "PreconditionFailed", f"The resource {found.id} already exists.")
    if found is None:
        return _create(call, read_order(call), None)
    machine.check_not_deleting(call.world, found)
    _check_frozen(call, found)
    under_way = running_on(call.world, found.id, "vm.create")
    if under_way:
        return accepted(call, under_way[0], 200, found.body)
    if found.properties["provisioningState"] == "Failed" and not found.facts["allocated"]:
        return _create(call, read_order(call), found)
    return _update(call, found, call.object())


@ROUTES.operation("vm.update", "PATCH", ONE, throttle="UpdateVM", action=f"{TYPE}/write")
def patch_machine(call: Call) -> Answer:
    """Change a machine: tags, size, identity, delete options."""
    found = call.resource()
    machine.check_not_deleting(call.world, found)
    _check_frozen(call, found)
    return _update(call, found, call.object())


@ROUTES.operation("vm.get", "GET", ONE, throttle="LowCostGet", action=f"{TYPE}/read")
def get_machine(call: Call) -> Answer:
    """Show a machine; `$expand=instanceView` adds what runs."""
    found = call.resource()
    if call.query.get("$expand", "").lower() != "instanceview":
        return Answer(found.body)
    view = machine.instance_view(call.world, found)
    return Answer({**found.body, "properties": {**found.properties, "instanceView": view}})


@ROUTES.operation("vm.view", "GET", f"{ONE}/instanceView", throttle="LowCostGet", action=f"{TYPE}/read")
def get_instance_view(call: Call) -> Answer:
    """Show what runs on a machine."""
    return Answer(machine.instance_view(call.world, call.need(call.path.rpartition("/")[0])))


@ROUTES.operation("vms.list", "GET", ALL, throttle="HighCostGet", action=f"{TYPE}/read")
def list_machines(call: Call) -> Answer:
    """List the machines of a group."""
    need_group(call)
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@ROUTES.operation(
    "vms.list_all",
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Compute/virtualMachines",
    throttle="HighCostGet",
    action=f"{TYPE}/read",
)
def list_all_machines(call: Call) -> Answer:
    """List the machines of a subscription."""
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    found = call.world.resources.of_type(TYPE)
    return Answer({"value": [each.body for each in found if each.key.startswith(prefix)]})


@ROUTES.operation("vm.delete", "DELETE", ONE, throttle="DeleteVM", action=f"{TYPE}/delete")
def delete_machine(call: Call) -> Answer:
    """Delete a machine with what it may take along; whatever goes on there is preempted."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    under_way = running_on(world, found.id)
    deleting = [each for each in under_way if each.kind == "vm.delete"]
    if deleting:
        return accepted(call, deleting[0], 202, monitor=True)
    for each in under_way:
        cancel(world, each)
    course = Course(
        lambda _: machine.remove(world, found),
        lambda _: found.set(world.now_us, provisioningState="Failed"),
    )
    operation = begin(call, "vm.delete", found.id, course, region=found.body["location"])
    found.set(call.now_us, provisioningState="Deleting")
    return accepted(call, operation, 202, monitor=True)


def _check_frozen(call: Call, found: Resource) -> None:
    wanted = call.object()
    for path in FROZEN:
        asked, before = _at(wanted, path), _at(found.body, path)
        if path.endswith("adminPassword"):
            before = found.facts["password"]
        if asked is None or before is None:
            continue
        if isinstance(asked, dict) and isinstance(before, dict):
            same = all(_fold(before.get(key)) == _fold(value) for key, value in asked.items())
        else:
            same = _fold(asked) == _fold(before)
        if not same:
            name = path.removeprefix("properties.")
            raise Problem(
                409,
                "PropertyChangeNotAllowed",
                f"Changing property '{name}' is not allowed.",
                target=name,
            )


def _at(body: Json, path: str) -> object:
    value: object = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _fold(value: object) -> object:
    if isinstance(value, list):
        return [_fold(each) for each in value]
    return value.replace(" ", "").lower() if isinstance(value, str) else value


def _create(call: Call, order: Order, failed: Resource | None) -> Answer:
    world, sub = call.world, call.param("sub")
    capacity.check_offered(world, order.region, order.zone, order.size)
    before = _size_now(call, failed) if failed else None
    capacity.check_quota(world, sub, order.region, order.size, instead_of=before)
    inline = _inline_nics(call, order)
    nics = [*order.nics, *inline]
    error = capacity.shortage(world, order.region, order.zone, order.size.name)
    phase = "allocating"
    if error is None and not order.image.bootable:
        phase = "os-provisioning"
        error = Problem(
            200,
            "OSProvisioningClientError",
            f"OS Provisioning failed for VM '{order.name}' due to an internal error: the image was "
            "not prepared with sysprep.",
        )
    vm = machine.make(call, order, nics, failed)
    if before is not None:
        capacity.count(world, sub, order.region, before, -1)
    capacity.count(world, sub, order.region, order.size, 1)
    if error is None or phase != "allocating":
        machine.allocate(world, vm)
    for index, nic in enumerate(nics):
        attach(world, nic, vm.id, primary=index == 0)
    course = Course(
        lambda _: machine.started_first_time(world, vm, order),
        lambda operation: machine.creation_failed(world, vm, order, operation),
        CREATE_PHASES,
        error,
        phase,
    )
    operation = begin(call, "vm.create", vm.id, course, region=order.region)
    return accepted(call, operation, 201 if failed is None else 200, vm.body)


def _inline_nics(call: Call, order: Order) -> list[Resource]:
    """Make the interfaces that come with the machine: all or none."""
    made: list[Resource] = []
    try:
        for entry in order.inline:
            made.append(_inline_nic(call, order, entry))  # noqa: PERF401 - the rest is undone
    except Problem:
        for nic in made:
            remove_nic(call.world, nic)
        raise
    return made


def _inline_nic(call: Call, order: Order, entry: Json) -> Resource:
    group = call.path[: call.path.lower().index("/providers/")]
    mark = call.world.guid("nic", call.path, entry["name"])[:8]
    nic_id = f"{group}/providers/Microsoft.Network/networkInterfaces/{entry['name']}-{mark}"
    return keep(call, nic_id, entry, order.region, order.tags)


def _size_now(call: Call, found: Resource) -> Size:
    return read_size(call.world, found.body)


def _update(call: Call, found: Resource, body: Json) -> Answer:
    world = call.world
    machine.check_free(world, found)
    tags = tags_of(body) if "tags" in body else found.body.get("tags", {})
    new_size = read(body, "properties.hardwareProfile.vmSize", "string", "")
    old = _size_now(call, found)
    error = None
    resized = bool(new_size) and new_size.lower() != old.name.lower()
    if resized:
        error = _check_resize(call, found, old)
    merged = merge(found.properties, _changeable(body))
    identity = machine.identity(world, found.id, body.get("identity", found.body.get("identity")))
    new = {**found.body, "tags": tags, "properties": merged}
    if identity is not None:
        new["identity"] = identity
    found.replace(new, call.now_us)
    found.set(call.now_us, provisioningState="Updating")
    if resized:
        machine.resize(world, found, old, read_size(world, body), placed=error is None)
    course = Course(
        lambda _: found.set(world.now_us, provisioningState="Succeeded"),
        lambda _: found.set(world.now_us, provisioningState="Failed"),
        error=error,
    )
    kind = "vm.resize" if resized else "vm.update"
    operation = begin(call, kind, found.id, course, region=found.body["location"])
    return accepted(call, operation, 200, found.body)


def _check_resize(call: Call, found: Resource, old: Size) -> Problem | None:
    size = read_size(call.world, call.object())
    region, zone = found.body["location"], machine.zone_of(found)
    capacity.check_offered(call.world, region, zone, size)
    capacity.check_quota(call.world, call.param("sub"), region, size, instead_of=old)
    if not found.facts["allocated"]:
        return None
    return capacity.shortage(call.world, region, zone, size.name)


def _changeable(body: Json) -> Json:
    """Keep what may be changed after creation."""
    properties = read(body, "properties", "object", {})
    kept = {
        key: properties[key]
        for key in ("hardwareProfile", "licenseType", "diagnosticsProfile", "securityProfile")
        if key in properties
    }
    disk = read(properties, "storageProfile.osDisk", "object", {})
    if "deleteOption" in disk:
        kept["storageProfile"] = {"osDisk": {"deleteOption": disk["deleteOption"]}}
    nics = read(properties, "networkProfile.networkInterfaces", "array", [])
    if nics:
        kept["networkProfile"] = {"networkInterfaces": nics}
    return kept
