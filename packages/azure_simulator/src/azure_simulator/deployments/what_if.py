"""Preview of a deployment: changes that it would create or make, without making them.

Sources: learn.microsoft.com/rest/api/resources/deployments/what-if and
learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if. Only properties that the template names are
compared; Azure also shows defaults that a write would bring back. It answers at once, where Azure may accept (202).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unsupported
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import SUBSCRIPTION
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.deployments.deployments import DEPLOYMENTS, OPERATIONS, read_deployment
from azure_simulator.deployments.expressions import Later
from azure_simulator.deployments.templates import NESTED, Place, Template, without_null

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call
    from azure_simulator.deployments.templates import Part

__all__ = ["OPERATIONS"]
_ACTION = f"{DEPLOYMENTS.name}/whatIf/action"
_FORMATS = {"FullResourcePayloads", "ResourceIdOnly"}
_UNKNOWN = re.compile(r"^\[(?!\[).*\]$", re.DOTALL)


@OPERATIONS.operation(
    "deployment.what_if_subscription",
    "POST",
    f"{SUBSCRIPTION}/providers/{DEPLOYMENTS.name}/{{deployment}}/whatIf",
    action=_ACTION,
    redacted=False,
    mutates=False,
)
@OPERATIONS.operation(
    "deployment.what_if", "POST", f"{DEPLOYMENTS.one}/whatIf", action=_ACTION, redacted=False, mutates=False
)
def what_if(call: Call) -> Answer:
    """Return the changes that a deployment would make to each resource, ordered by id."""
    call.path = call.path.rpartition("/")[0]
    template, properties = read_deployment(call, preview=True)
    settings = properties.get("whatIfSettings") or {}
    wanted = settings.get("resultFormat", "FullResourcePayloads") if isinstance(settings, dict) else None
    if wanted not in _FORMATS:
        text = f"The value '{wanted}' of 'resultFormat' is none of {', '.join(sorted(_FORMATS))}."
        raise Problem(400, "InvalidRequestContent", f"The request content was invalid: {text}")
    changes = sorted(_changes(call, template), key=lambda each: str(each["resourceId"]).lower())
    if wanted == "ResourceIdOnly":
        changes = [{"resourceId": each["resourceId"], "changeType": _bare(each["changeType"])} for each in changes]
    return Answer({"status": "Succeeded", "properties": {"correlationId": _guid(call), "changes": changes}})


def _guid(call: Call) -> str:
    return call.world.guid("what if", call.path, call.now_us)


def _bare(kind: str) -> str:
    return kind if kind in {"Ignore", "Unsupported"} else "Deploy"


def _changes(call: Call, template: Template) -> Iterator[Json]:
    for part in template.parts:
        body = without_null(template.body(part, _later))
        if part.type.lower() == NESTED:
            yield from _changes(call, _nested(call, part, body))
        else:
            yield _change(call, part, body)


def _later(wanted: str, full: bool) -> Later:  # noqa: FBT001 - called by an expression
    del full
    return Later(f"reference('{wanted}')")


def _written(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write values that only the deployment will know as expressions again."""
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    return f"[{value.text}]" if isinstance(value, Later) else value


def _nested(call: Call, part: Part, body: Json) -> Template:
    inner = body["properties"]
    group = part.id.partition("/providers/")[0]
    found = call.world.resources.get(group)
    location = str(found.body.get("location", "")) if found else str(body.get("location", ""))
    place = Place(group, location, part.name, str(call.claims.get("tid", "")))
    if inner.get("templateLink"):
        raise unsupported("properties.templateLink", "A nested deployment with 'templateLink'")
    return Template(place, inner["template"], inner.get("parameters") or {}, registry(call.world))


def _change(call: Call, part: Part, body: Json) -> Json:
    found, body = call.world.resources.get(part.id), _written(body)
    after = {"id": part.id, "type": part.type, "name": part.name, "apiVersion": part.version, **body}
    if found is None:
        return {"resourceId": part.id, "changeType": "Create", "after": after}
    delta = list(_delta(found.body, body))
    row: Json = {"resourceId": found.id, "changeType": "Modify" if delta else "NoChange", "before": found.body}
    return {**row, "after": {**found.body, **body}, "delta": delta}


def _delta(before: Json, after: Json) -> Iterator[Json]:
    """List the properties that a template names and that are otherwise now."""
    by_name = {name.lower(): value for name, value in before.items()}
    for name, value in after.items():
        have = by_name.get(name.lower())
        if isinstance(value, dict) and isinstance(have, dict):
            inner = list(_delta(have, value))
            if name == "tags":
                inner += [_row(each, "Delete", before=have[each]) for each in have if each not in value]
            if inner:
                yield {"path": name, "propertyChangeType": "Modify", "children": inner}
        elif name.lower() not in by_name:
            yield _row(name, "Create", after=value)
        elif not _same(have, value):
            yield _row(name, "Array" if isinstance(value, list) else "Modify", before=have, after=value)


def _row(name: str, kind: str, **values: object) -> Json:
    return {"path": name, "propertyChangeType": kind, **values}


def _same(have: object, value: object) -> bool:
    """Return whether a value would stay; a value that only the deployment knows counts as staying."""
    if isinstance(value, str) and _UNKNOWN.match(value):
        return True
    if isinstance(value, list) and isinstance(have, list):
        pairs = zip(have, value, strict=False)
        return len(have) == len(value) and all(_holds(one, each) for one, each in pairs)
    return have == value or (isinstance(have, str) and isinstance(value, str) and have.lower() == value.lower())


def _holds(have: object, value: object) -> bool:
    if isinstance(have, dict) and isinstance(value, dict):
        return not list(_delta(have, value))
    return _same(have, value)
