"""Writes `tests/specification`: what Microsoft's specifications say of the answers that the simulator gives.

    python packages/azure_simulator/tests/tools/specification.py BICEP_TYPES MSGRAPH_METADATA

The arguments are git folders of github.com/Azure/bicep-types-az (generated from azure-rest-api-specs, with what is
read-only and write-only) and of github.com/microsoftgraph/msgraph-metadata. Only facts are kept: names, kinds, values,
lengths and patterns, no descriptions. `tests/specification/README.md` has their licences.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

FOLDER = Path(__file__).resolve().parents[1] / "specification"
COMPUTE, NETWORK, DESKTOPS = "compute_1/microsoft.compute", "network/microsoft.network", "desktopvirtualization/"
DESKTOPS += "microsoft.desktopvirtualization"
RESOURCES = {
    f"{COMPUTE}/2026-04-01": (
        "virtualMachines virtualMachines/extensions virtualMachines/runCommands images capacityReservationGroups "
        "capacityReservationGroups/capacityReservations"
    ),
    f"{COMPUTE}/2026-03-02": "disks snapshots",
    f"{COMPUTE}/2025-12-03": "galleries galleries/images galleries/images/versions",
    f"{NETWORK}/2025-09-01": (
        "virtualNetworks virtualNetworks/subnets networkInterfaces networkSecurityGroups "
        "networkSecurityGroups/securityRules publicIPAddresses natGateways bastionHosts"
    ),
    f"{DESKTOPS}/2025-10-10": "hostPools applicationGroups workspaces hostPools/sessionHosts",
    "authorization/microsoft.authorization/2022-04-01": "roleAssignments roleDefinitions",
    "resources_0/microsoft.authorization/2020-05-01": "locks",
    "resources_11/microsoft.resources/2025-04-01": "resourceGroups",
}
"""Folder of bicep-types-az, ending in the api-version -> the types that are simulated."""
ENTITIES = (
    "user group device managedDevice subscription subscribedSku organization licenseDetails directoryObject "
    "deviceEnrollmentConfiguration deviceEnrollmentPlatformRestrictionsConfiguration "
    "deviceEnrollmentPlatformRestrictionConfiguration deviceEnrollmentLimitConfiguration application servicePrincipal "
    "deviceEnrollmentWindowsHelloForBusinessConfiguration appRoleAssignment oAuth2PermissionGrant "
    "federatedIdentityCredential"
)
REQUIRED, READ_ONLY, WRITE_ONLY = 1, 2, 4
LIMITS = ("minLength", "maxLength", "pattern", "minValue", "maxValue", "sensitive")
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def git(folder: str, *words: str) -> str:
    """Return the output of a git command in a folder."""
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True).stdout.decode()


def shown(folder: str, path: str) -> str:
    """Return a file of the newest commit."""
    return git(folder, "show", f"HEAD:{path}")


def commit(folder: str) -> str:
    """Return the newest commit."""
    return git(folder, "rev-parse", "HEAD").strip()


class Types:
    """Collects the types that simulated resources are made of, each once."""

    def __init__(self) -> None:
        self.found: list[Any] = []
        self._known: dict[str, int] = {}
        self._places: dict[tuple[str, int], int] = {}

    def resources(self, folder: str, place: str, wanted: str) -> dict[str, int]:
        """Collect the bodies of some resource types."""
        file = f"generated/{place}/types.json"
        types = json.loads(shown(folder, file))
        bodies = {
            str(each["name"]).partition("@")[0].lower(): each["body"] for each in types if _is(each, "ResourceType")
        }
        namespace = place.split("/")[-2].lower()
        names = [f"{namespace}/{name.lower()}" for name in wanted.split()]
        return {name: self._add(types, file, bodies[name]) for name in names}

    def _add(self, types: list[Any], file: str, reference: Any) -> int:
        index = int(reference["$ref"].removeprefix("#/"))
        if (file, index) in self._places:
            return self._places[file, index]
        if types[index]["$type"] in {"ObjectType", "DiscriminatedObjectType"}:  # may contain itself
            self._places[file, index] = len(self.found)
            self.found.append(None)
            self.found[self._places[file, index]] = self._object(types, file, types[index])
            return self._places[file, index]
        made = self._plain(types, file, types[index])
        text = json.dumps(made, sort_keys=True)
        if text not in self._known:
            self._known[text] = len(self.found)
            self.found.append(made)
        self._places[file, index] = self._known[text]
        return self._known[text]

    def _plain(self, types: list[Any], file: str, each: Any) -> Any:
        kind = str(each["$type"])
        limits = {name: each[name] for name in LIMITS if name in each}
        if "pattern" in limits:  # JavaScript takes the hyphen of [\w-.] for itself
            limits["pattern"] = limits["pattern"].replace("\\w-", "\\w\\-")
        match kind:
            case "ArrayType":
                return {"kind": "array", "items": self._add(types, file, each["itemType"]), **limits}
            case "StringLiteralType":
                return {"kind": "string", "choices": [each["value"]]}
            case "UnionType":
                return self._union(types, file, each)
            case _:
                return {"kind": kind.removesuffix("Type").lower(), **limits}

    def _union(self, types: list[Any], file: str, each: Any) -> Any:
        among = [types[int(one["$ref"].removeprefix("#/"))] for one in each["elements"]]
        values = [one["value"] for one in among if _is(one, "StringLiteralType")]
        rest = [one for one in among if not _is(one, "StringLiteralType")]
        if all(_is(one, "StringType") for one in rest):
            return {"kind": "string", "choices": values, **({"open": True} if rest else {})}
        return {"kind": "union", "of": [self._add(types, file, one) for one in each["elements"]]}

    def _object(self, types: list[Any], file: str, each: Any) -> Any:
        members = each.get("properties", each.get("baseProperties", {}))
        made: Any = {"kind": "object", "name": each["name"].rpartition("/")[2], "members": {}}
        for name, member in members.items():
            if name != "apiVersion":
                made["members"][name] = [self._add(types, file, member["type"]), _marks(member["flags"])]
        if "additionalProperties" in each:
            made["more"] = self._add(types, file, each["additionalProperties"])
        if "discriminator" in each:
            made["by"] = each["discriminator"]
            made["of"] = {value: self._add(types, file, one) for value, one in each["elements"].items()}
        return made


def _is(each: Any, kind: str) -> bool:
    return bool(each["$type"] == kind)


def _marks(flags: int) -> str:
    """Return r for required, o for read-only, w for write-only."""
    return "".join(mark for mark, bit in (("r", REQUIRED), ("o", READ_ONLY), ("w", WRITE_ONLY)) if flags & bit)


def resource_manager(folder: str) -> Any:
    """Return the types of Resource Manager."""
    types = Types()
    resources: dict[str, int] = {}
    for place, wanted in RESOURCES.items():
        resources |= types.resources(folder, place, wanted)
    return {
        "source": "https://github.com/Azure/bicep-types-az",
        "commit": commit(folder),
        "licence": "MIT, Copyright (c) Microsoft Corporation",
        "resources": resources,
        "types": types.found,
    }


def graph(folder: str) -> Any:
    """Return the entities of Graph, with all that they are made of."""
    tree = ET.fromstring(shown(folder, "schemas/v1.0-Prod.csdl"))  # noqa: S314 - Microsoft's file
    schema = next(each for each in tree.iter(f"{EDM}Schema") if each.get("Namespace") == "microsoft.graph")
    declared = {str(each.get("Name")): each for each in schema if each.get("Name")}
    types: dict[str, Any] = {}
    waiting = ENTITIES.split()
    while waiting:
        name = waiting.pop()
        if name in types or name not in declared:
            continue
        types[name] = made = _declared(declared[name])
        waiting += [_inner(kind) for kind in made.get("members", {}).values()] + [made.get("base", "")]
    return {
        "source": "https://github.com/microsoftgraph/msgraph-metadata, schemas/v1.0-Prod.csdl",
        "commit": commit(folder),
        "licence": "MIT, Copyright (c) 2018 Microsoft Graph",
        "types": dict(sorted(types.items())),
    }


def _declared(each: Any) -> Any:
    tag = each.tag.removeprefix(EDM)
    if tag == "EnumType":
        flags = {"flags": True} if each.get("IsFlags") == "true" else {}
        return {"kind": "enum", "values": [one.get("Name") for one in each.findall(f"{EDM}Member")], **flags}
    members = {one.get("Name"): _kind(one) for one in each.findall(f"{EDM}Property")}
    links = [one.get("Name") for one in each.findall(f"{EDM}NavigationProperty")]
    base = str(each.get("BaseType", "")).rpartition(".")[2]
    return {
        "kind": "object",
        "members": members,
        **({"base": base} if base else {}),
        **({"links": links} if links else {}),
        **({"open": True} if each.get("OpenType") == "true" else {}),
    }


def _kind(one: Any) -> str:
    """Return the type of a property; a question mark for a nullable one."""
    kind = str(one.get("Type")).replace("microsoft.graph.", "graph.").replace("graph.", "")
    return kind if one.get("Nullable") == "false" else f"{kind}?"


def _inner(kind: str) -> str:
    return kind.rstrip("?").removeprefix("Collection(").rstrip(")")


def written(found: Any) -> str:
    """Write one type a line, so that differences can be read."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items() if key != "types"]
    types = found["types"]
    if isinstance(types, list):
        rows = [json.dumps(each, separators=(",", ":")) for each in types]
        return "{" + ",\n".join([*lines, '"types": [\n' + ",\n".join(rows) + "\n]"]) + "}\n"
    rows = [f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}" for name, each in types.items()]
    return "{" + ",\n".join([*lines, '"types": {\n' + ",\n".join(rows) + "\n}"]) + "}\n"


if __name__ == "__main__":
    (FOLDER / "arm.json").write_text(written(resource_manager(sys.argv[1])))
    (FOLDER / "graph.json").write_text(written(graph(sys.argv[2])))
