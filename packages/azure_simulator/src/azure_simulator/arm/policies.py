"""Azure Policy: definitions of a subscription, assignments at any scope, and requests that they deny.

An assignment counts for its scope and everything below it, from its creation on (Azure needs up to half an hour).
The refusal is as public records of it have it: code, message with the identifiers, `additionalInfo` with the
expressions that were evaluated. Sources: learn.microsoft.com/azure/governance/policy/concepts,
/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from azure_simulator.arm import policy_rules
from azure_simulator.arm.body_models import BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.providers import AUTHORIZATION
from azure_simulator.arm.reading import read, unsupported
from azure_simulator.arm.resource_types import SUBSCRIPTION, NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure_simulator.arm.resource_types import Target
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

_DEFINITION, _ASSIGNMENT = (f"Microsoft.Authorization/policy{each}" for each in ("Definitions", "Assignments"))
_VERSIONS = "2019-09-01 2020-03-01 2020-09-01 2021-06-01 2022-06-01 2023-04-01 2024-04-01 2024-05-01 2025-01-01"
_GROUPS = ("microsoft.resources/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups")
"""Resource groups, and the name that policies have for them."""
_NAMES = NameRule(r"[^<>*%&:\\?/+]{1,128}")
_MODES = frozenset({"all", "indexed"})
DEFINITIONS = ResourceType(
    name=_DEFINITION,
    provider=AUTHORIZATION,
    params=("policy",),
    address=f"{SUBSCRIPTION}/providers/{_DEFINITION}",
    api_versions=_VERSIONS,
    models=BodyModels(written=written("PolicyDefinition", properties=Shape("any"))),
    naming=_NAMES,
    located=False,
)
ASSIGNMENTS = ResourceType(
    name=_ASSIGNMENT,
    provider=AUTHORIZATION,
    params=("policy",),
    address=f"/{{scope...}}/providers/{_ASSIGNMENT}",
    api_versions=_VERSIONS,
    models=BodyModels(written=written("PolicyAssignment", properties=Shape("any"))),
    naming=_NAMES,
    located=False,
)
OPERATIONS = (Operations(DEFINITIONS), Operations(ASSIGNMENTS))
BY_SCOPE = Index(_ASSIGNMENT, lambda found: found.key.rpartition("/providers/")[0])


@OPERATIONS[0].put("policydefinition.put")
def put_definition(call: Call) -> Answer:
    """Make or change a definition of one's own; Azure's own ones are not simulated."""
    properties = read(call.object(), "properties", "object")
    rule = read(properties, "policyRule", "object")
    policy_rules.check(rule.get("if"))
    effect = policy_rules.given(read(rule, "then.effect", "string"), _defaults(properties))
    if str(effect).lower() not in policy_rules.EFFECTS:
        raise unsupported("properties.policyRule.then.effect", f"The effect '{effect}'")
    if str(properties.get("mode", "")).lower() not in _MODES:
        raise unsupported("properties.mode", f"The mode '{properties.get('mode')}'")
    return _kept(call, _DEFINITION, {"policyType": "Custom", "displayName": call.param("policy"), **properties})


@OPERATIONS[1].put("policyassignment.put")
def put_assignment(call: Call) -> Answer:
    """Assign a definition to a scope."""
    properties = read(call.object(), "properties", "object")
    definition = call.world.resources.get(read(properties, "policyDefinitionId", "string"))
    if definition is None or definition.type != _DEFINITION:
        text = f"The policy definition specified in policy assignment '{call.param('policy')}' is not found."
        raise Problem(404, "PolicyDefinitionNotFound", text)
    for word in ("notScopes", "overrides", "resourceSelectors"):
        if properties.get(word):
            raise unsupported(f"properties.{word}", "An assignment with exceptions")
    scope = f"/{call.param('scope').strip('/')}"
    mode = {"enforcementMode": "Default", "displayName": call.param("policy")}
    return _kept(call, _ASSIGNMENT, {**mode, **properties, "scope": scope})


def _kept(call: Call, kind: str, properties: Json) -> Answer:
    body: Json = {"id": call.path, "name": call.param("policy"), "type": kind, "properties": properties}
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(call.world.resources.add(Resource(call.path, kind, body, call.now_us)).body, 201)
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    return Answer(found.body, 201)


def _show(call: Call) -> Answer:
    """Show a definition or an assignment."""
    found = call.world.resources.get(call.path)
    if found is None:
        word = "Assignment" if "assignments/" in call.path.lower() else "Definition"
        text = f"The policy {word.lower()} '{call.param('policy')}' is not found."
        raise Problem(404, f"Policy{word}NotFound", text)
    return Answer(found.body)


def _remove(call: Call) -> Answer:
    """Remove a definition or an assignment."""
    found = call.world.resources.remove(call.path)
    return Answer(found.body) if found else Answer(status=204)


def _list(call: Call) -> Answer:
    """List the definitions of a subscription, or the assignments at a scope."""
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


for _operations, _name in zip(OPERATIONS, ("policydefinition", "policyassignment"), strict=True):
    _operations.get(f"{_name}.get")(_show)
    _operations.delete(f"{_name}.delete")(_remove)
    _operations.list_group(f"{_name}s.list")(_list)


def check(call: Call, target: Target) -> None:
    """Refuse to write a resource that a policy denies."""
    writes = call.method in {"PUT", "PATCH"} and target.named and not target.action and call.route.mutates
    if not writes or target.type.provider is AUTHORIZATION or not isinstance(call.body, dict):
        return
    found = call.world.resources.get(call.path)
    body = _merged(found.body, call.body) if found is not None and call.method == "PATCH" else call.body
    for problem in violations(call.world, call.path, target.type, body):
        raise problem


def assigned(world: World) -> bool:
    """Return whether any policy is assigned."""
    return bool(world.resources.of_type(_ASSIGNMENT))


def violations(
    world: World, path: str, kind: ResourceType, body: Json, unknown: Callable[[object], bool] = lambda _: False
) -> Iterator[Problem]:
    """Yield the refusals of policies for a resource with a body; an *unknown* value denies nothing yet."""
    if not assigned(world):
        return
    segments = path.lower().split("/")
    name = path.rpartition("/")[2]
    shown = _GROUPS[1] if kind.name.lower() == _GROUPS[0] else kind.name
    for end in range(3, len(segments) + 1):
        for assignment in world.resources.find(BY_SCOPE, "/".join(segments[:end])):
            definition = world.resources.get(assignment.properties["policyDefinitionId"])
            if definition is None or assignment.properties["enforcementMode"] == "DoNotEnforce":
                continue
            if definition.properties["mode"].lower() == "indexed" and (shown == _GROUPS[1] or not kind.located):
                continue
            parameters = _defaults(definition.properties) | {
                each: row["value"] for each, row in (assignment.properties.get("parameters") or {}).items()
            }
            judged = policy_rules.Judged(shown, name, body, parameters, unknown)
            rule = definition.properties["policyRule"]
            effect = str(policy_rules.given(rule["then"]["effect"], parameters)).lower()
            if effect == "deny" and judged.holds(rule["if"]):
                yield _refused(name, definition, assignment, judged.expressions, parameters)


def _refused(
    name: str, definition: Resource, assignment: Resource, expressions: list[Json], parameters: Json
) -> Problem:
    rows = [("policyAssignment", assignment), ("policyDefinition", definition)]
    named = {key: {"name": each.properties["displayName"], "id": each.id} for key, each in rows}
    message = f"Resource '{name}' was disallowed by policy. Policy identifiers: "
    message += f"'{json.dumps([named], separators=(',', ':'))}'."
    info: Json = {
        "evaluationDetails": {"evaluatedExpressions": expressions},
        "policyDefinitionId": definition.id,
        "policyDefinitionName": definition.name,
        "policyDefinitionDisplayName": definition.properties["displayName"],
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment.id,
        "policyAssignmentName": assignment.name,
        "policyAssignmentDisplayName": assignment.properties["displayName"],
        "policyAssignmentScope": assignment.properties["scope"],
        "policyAssignmentParameters": {each: {"value": value} for each, value in parameters.items()},
    }
    code, more = "RequestDisallowedByPolicy", [{"type": "PolicyViolation", "info": info}]
    return Problem(403, code, message, target=name, additional=more)


def _defaults(properties: Json) -> Json:
    declared = properties.get("parameters") or {}
    return {name: row["defaultValue"] for name, row in declared.items() if "defaultValue" in row}


def _merged(before: Json, change: Json) -> Json:
    both = {name: _merged(before[name], each) for name, each in change.items() if _objects(before.get(name), each)}
    return {**before, **change, **both}


def _objects(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)
