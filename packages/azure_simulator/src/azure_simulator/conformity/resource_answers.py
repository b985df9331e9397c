"""Answers of Resource Manager: resources and lists of them, errors, polls; by specification and by the SDK's models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.arm.body_models import BodyModels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.arm.resource_types import Target
    from azure_simulator.arm.sdk_models import Shape
    from azure_simulator.conformity.schemas import Schemas
    from azure_simulator.core.answers import Answer, Json
    from azure_simulator.core.calls import Call

COMPUTE, NETWORK = "azure.mgmt.compute", "azure.mgmt.network"
OTHERS = {
    "microsoft.compute/skus": BodyModels(COMPUTE, "ResourceSku"),
    "microsoft.compute/locations/usages": BodyModels(COMPUTE, "Usage"),
    "microsoft.compute/locations/vmsizes": BodyModels(COMPUTE, "VirtualMachineSize"),
    "microsoft.compute/virtualmachines/vmsizes": BodyModels(COMPUTE, "VirtualMachineSize"),
    "microsoft.compute/virtualmachines/instanceview": BodyModels(COMPUTE, "VirtualMachineInstanceView"),
    "microsoft.network/locations/usages": BodyModels(NETWORK, "Usage"),
}
"""Types that are shown and are no resources -> the SDK's model."""
ERROR = frozenset({"code", "message", "target", "details", "innererror", "additionalInfo"})
"""Source: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors, `ErrorDetail`."""
POLL = frozenset({"id", "name", "status", "startTime", "endTime", "percentComplete", "properties", "error"})
"""Source: learn.microsoft.com/azure/azure-resource-manager/management/async-operations."""
_JSON = {"string": str, "boolean": bool, "array": list, "object": dict, "map": dict}
_LAGGING = frozenset({"VirtualMachineSizeTypes", "HealthCheckName"})
"""Enumerations that lag behind the service."""
_FAILED = 400


def wrong(schemas: Schemas, target: Target, call: Call, answer: Answer) -> list[str]:
    """List the faults of one answer."""
    if call.method == "HEAD":
        return []
    if answer.status >= _FAILED:
        return list(_wrong_error(answer.body, f"{call.method} {target.type.name}"))
    if not isinstance(answer.body, dict):
        return []
    where, body = f"{call.method} {target.type.name}", answer.body
    if "operations" in target.type.name.lower() and "status" in body:
        return [f"{where}.{name} is no member of a poll" for name in body.keys() - POLL]
    single = target.named or "value" not in body
    rows: list[Any] = [body] if single else body["value"]
    shape = _shape(target)
    found = [text for row in rows if shape is not None for text in by_model(row, shape, where)]
    if not target.action and schemas.knows(target.type.name):
        texts = [text for row in rows for text in schemas.wrong(target.type.name, row)]
        # the SDK may be newer than the schema, and says which members there are
        found += [text for text in texts if not target.type.models.package or " is no member of " not in text]
    return found if single else [*found, *_wrong_list(body, where)]


def _shape(target: Target) -> Shape | None:
    if target.action:
        return None
    return OTHERS.get(target.type.name.lower(), target.type.models).answer()


def _wrong_list(body: Json, where: str) -> Iterator[str]:
    for name in body.keys() - {"value", "nextLink", "count", "id"}:
        yield f"{where}: {name} is no member of a list"


def _wrong_error(body: object, where: str) -> Iterator[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not {"code", "message"} <= error.keys():
        yield f"{where}: an error without code and message"
        return
    for each in [error, *error.get("details", [])]:
        for name in each.keys() - ERROR:
            yield f"{where}: {name} is no member of an error"


def by_model(value: Any, shape: Shape, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the contradictions between a value and a shape of the SDK: a member, a type, a value of an enumeration."""
    if value is None or shape.kind == "any":
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number if shape.kind in {"integer", "number"} else isinstance(value, _JSON[shape.kind])):
        yield f"{path} is {type(value).__name__}, not {shape.kind}"
        return
    if shape.kind == "object":
        for key, each in value.items():
            yield from _member(each, key, shape, path)
    elif shape.items is not None:
        for each in value.values() if isinstance(value, dict) else value:
            yield from by_model(each, shape.items, f"{path}[]")
    elif shape.choices and shape.name not in _LAGGING and value not in shape.choices.values():
        yield f"{path} is {value!r}, none of {shape.name}"


def _member(value: object, key: str, shape: Shape, path: str) -> Iterator[str]:
    member = shape.members.get(key.lower())
    if member is None and shape.open:
        return
    if member is None or member.name != key:
        yield f"{path}.{key} is no member of {shape.name}"
    else:
        yield from by_model(value, member.shape, f"{path}.{key}")
