"""Writes `arm/member_versions.json`: which api-versions have which members of the simulated types.

    python -m packages.azure_simulator.tests.tools.member_versions BICEP_TYPES

The argument is a git folder of github.com/Azure/bicep-types-az. Kept are the members that not every version has:
`since..until`, or `since..`, more than one where a member went and came back. What only the installed SDK knows is
newer than all versions there (`newer`).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azure_simulator.arm.registry import registry
from azure_simulator.arm.sdk_models import Shape

from packages.azure_simulator.tests.in_process import open_cloud
from packages.azure_simulator.tests.tools.specification import commit, git, shown

TARGET = Path(__file__).resolve().parents[2] / "src" / "azure_simulator" / "arm" / "member_versions.json"
FOLDERS = (
    *("compute_1/microsoft.compute", "network/microsoft.network"),
    *("desktopvirtualization/microsoft.desktopvirtualization", "authorization/microsoft.authorization"),
)
PREVIEWS = ("microsoft.desktopvirtualization",)
"""Namespaces whose previews count too: the simulator answers to them."""
OTHERS = frozenset(
    {
        *("networkSecurityGroup", "routeTable", "natGateway", "publicIPAddress", "publicIPPrefix", "subnet"),
        *("serviceEndpointPolicies", "networkInterfaces", "virtualNetworkTaps", "privateEndpoints", "privateEndpoint"),
        *("linkedPublicIPAddress", "servicePublicIPAddress", "ipConfiguration", "virtualNetworkPeerings"),
        *("ipConfigurationProfiles", "flowLogs", "tapConfigurations", "resources", "virtualMachineProfile"),
        *("loadBalancerBackendAddressPools", "loadBalancerInboundNatRules", "applicationGatewayBackendAddressPools"),
        *("applicationSecurityGroups", "sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"),
        *("privateLinkService", "networkInterfaceConfigurations", "gatewayLoadBalancer", "privateEndpointConnections"),
    }
)
"""Members that show another resource: of it the simulator shows the id."""
DESKTOPS = ("hostpools", "applicationgroups", "workspaces")
EARLIER = {
    ("microsoft.compute/snapshots", "properties.diskState"),
    ("microsoft.network/networkinterfaces", "properties.ipConfigurations[].type"),
    *((f"microsoft.desktopvirtualization/{each}", "systemData") for each in DESKTOPS),
}
"""Members that Azure shows in versions that do not have them.

Recorded: github.com/Azure/azure-cli, vm/tests/hybrid_2018_03_01, and Azure/azure-cli-extensions, desktopvirtualization.
"""
_DEEPEST = 7


def versions(folder: str, place: str) -> list[str]:
    """List the api-versions of a folder, oldest first."""
    names = git(folder, "ls-tree", "-r", "--name-only", "HEAD", f"generated/{place}/").splitlines()
    return sorted(each.split("/")[-2] for each in names if each.endswith("/types.json"))


def bodies(types: list[Any]) -> Iterator[tuple[str, set[str]]]:
    """Yield each type of one version, with the paths of its members."""
    for each in types:
        if each["$type"] == "ResourceType":
            yield str(each["name"]).partition("@")[0].lower(), set(_paths(types, each["body"], "", ()))


def _paths(types: list[Any], reference: Any, path: str, above: tuple[int, ...]) -> Iterator[str]:
    index = int(reference["$ref"].removeprefix("#/"))
    each = types[index]
    if each["$type"] == "ArrayType":
        yield from _paths(types, each["itemType"], f"{path}[]", above)
    if each["$type"] not in {"ObjectType", "DiscriminatedObjectType"} or index in above or len(above) > _DEEPEST:
        return
    for name, member in each.get("properties", each.get("baseProperties", {})).items():
        inner = f"{path}.{name}" if path else name
        yield inner
        if name not in OTHERS:
            yield from _paths(types, member["type"], inner, (*above, index))


def of_shape(shape: Shape, path: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the paths of the members of an SDK's model."""
    if shape.kind == "array" and shape.items is not None:
        yield from of_shape(shape.items, f"{path}[]", above)
    if shape.kind != "object" or shape.name in above or len(above) > _DEEPEST:
        return
    for member in shape.members.values():
        inner = f"{path}.{member.name}" if path else member.name
        yield inner
        if member.name not in OTHERS:
            yield from of_shape(member.shape, inner, (*above, shape.name))


def runs(have: set[str], known: list[str]) -> str:
    """Write in which of the known versions a member is; empty when in all."""
    found: list[list[str]] = []
    for at, version in enumerate(known):
        if version in have:
            if at and known[at - 1] in have:
                found[-1][1] = version
            else:
                found.append([version, version])
    if len(have) == len(known):
        return ""
    return " ".join(f"{first}..{'' if last == known[-1] else last}" for first, last in found)


def collected(folder: str) -> Any:
    """Return for each type its versions, and the members that not all of them have."""
    everything: dict[str, dict[str, set[str]]] = {}
    for place in FOLDERS:
        for version in versions(folder, place):
            if "preview" in version and not place.endswith(PREVIEWS):
                continue
            types = json.loads(shown(folder, f"generated/{place}/{version}/types.json"))
            for name, paths in bodies(types):
                everything.setdefault(name, {})[version] = paths
    made: dict[str, Any] = {}
    for kind in registry(open_cloud().cloud.world):
        found = everything.get(kind.name.lower())
        if found is None:
            continue
        shape = kind.models.answer()
        newest = set(of_shape(shape)) if shape is not None else set()
        known = sorted(found)
        closed = {_outer(path) for paths in found.values() for path in paths}
        members: dict[str, str] = {}
        for path in sorted(newest or set().union(*found.values())):
            have = {version for version in known if path in found[version]}
            told = runs(have, known) if have else "newer" if _outer(path) in closed else ""
            if told and told != _above(members, path) and not _is_earlier(kind.name.lower(), path):
                members[path] = told
        made[kind.name.lower()] = {"versions": " ".join(known), "members": members}
    return made


def _is_earlier(kind: str, path: str) -> bool:
    return any(kind == one and f"{path}.".startswith(f"{name}.") for one, name in EARLIER)


def _outer(path: str) -> str:
    """Return the member that a member lies in."""
    return path.rpartition(".")[0].removesuffix("[]")


def _above(members: dict[str, str], path: str) -> str:
    """Return the versions of the nearest member that a member lies in."""
    while path := _outer(path):
        if found := members.get(path):
            return found
    return ""


if __name__ == "__main__":
    head = {"source": "https://github.com/Azure/bicep-types-az", "commit": commit(sys.argv[1])}
    head["licence"] = "MIT, Copyright (c) Microsoft Corporation"
    TARGET.write_text(json.dumps({**head, "types": collected(sys.argv[1])}, indent=1) + "\n")
