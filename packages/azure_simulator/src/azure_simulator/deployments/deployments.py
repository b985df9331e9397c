"""Deployments of a resource group and of a subscription: validate, deploy, show.

Source: learn.microsoft.com/rest/api/resources/deployments. Bodies and polls are as in the recordings of `az vm create`
(docs/fidelity.md).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from azure_simulator.arm.operations import Operations
from azure_simulator.arm.paging import page
from azure_simulator.arm.providers import RESOURCES
from azure_simulator.arm.reading import need_group, unsupported
from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import SUBSCRIPTION, NameRule, ResourceType
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso
from azure_simulator.deployments import preflight
from azure_simulator.deployments.refusals import invalid_template
from azure_simulator.deployments.runs import Run, Writer
from azure_simulator.deployments.templates import Place, Template

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

WRITER = "deploymentWriter"
DEPLOYMENTS = ResourceType(
    name="Microsoft.Resources/deployments",
    provider=RESOURCES,
    params=("deployment",),
    naming=NameRule(r"[-\w._()]{1,64}"),
    located=False,
)
OPERATIONS = Operations(DEPLOYMENTS)
OPERATIONS.reads(get="deployment.get")
_ACTION = DEPLOYMENTS.name
_OF_SUBSCRIPTION = f"{SUBSCRIPTION}/providers/{DEPLOYMENTS.name}"
_ONE = f"{_OF_SUBSCRIPTION}/{{deployment}}"
_ENDED = frozenset({"Succeeded", "Failed", "Canceled"})
_HASH_LENGTH = 18


@OPERATIONS.operation("deployments.list_subscription", "GET", _OF_SUBSCRIPTION, action=f"{_ACTION}/read")
@OPERATIONS.list_group("deployments.list")
def list_deployments(call: Call) -> Answer:
    """List the deployments of a scope, newest first, as recorded lists are."""
    if "rg" in call.params:
        need_group(call)
    found = call.world.resources.collection(call.path)
    return page(call, sorted(found, key=lambda each: str(each.properties["timestamp"]), reverse=True))


@OPERATIONS.operation("deployment.put_subscription", "PUT", _ONE, action=f"{_ACTION}/write", redacted=False)
@OPERATIONS.operation("deployment.put", "PUT", DEPLOYMENTS.one, action=f"{_ACTION}/write", redacted=False)
def put_deployment(call: Call) -> Answer:
    """Begin a deployment; an incomplete or misspelt template is refused before anything is made."""
    if "rg" in call.params:
        need_group(call)
    found, world = call.world.resources.get(call.path), call.world
    if found is not None and found.properties["provisioningState"] not in _ENDED:
        text = (
            f"The deployment with resource id '{found.id}' cannot be saved, because this would overwrite an existing "
        )
        text += "deployment which is still active. Please see https://aka.ms/arm-deploy for usage details."
        raise Problem(409, "DeploymentActive", text)
    template, body = read_deployment(call)
    _check_location(call, found)
    number = world.attempt("deployment.put", call.path)
    name = world.guid("deployment", call.path, number)
    shown = _shown(call, template, body, "Accepted", name)
    facts: Json = {"operation": name, "rows": []}
    if found is None:
        resource = world.resources.add(Resource(shown["id"], DEPLOYMENTS.name, shown, call.now_us, facts))
    else:
        resource, found.facts = found, facts
        found.replace({**shown, "id": found.id, "name": found.name}, call.now_us)
    run = call.notes["deployment"] = Run(call, world.state(WRITER), template, resource, call.now_us)
    world.at(call.now_us, run.start)
    version = call.query.get("api-version", "")
    url = f"{call.base}{shown['id']}/operationStatuses/{name}?api-version={version}"
    return Answer(shown, 201 if found is None else 200, {"Azure-AsyncOperation": url})


@OPERATIONS.operation(
    "deployment.validate_subscription",
    "POST",
    f"{_ONE}/validate",
    action=f"{_ACTION}/validate/action",
    redacted=False,
    mutates=False,
)
@OPERATIONS.operation(
    "deployment.validate",
    "POST",
    f"{DEPLOYMENTS.one}/validate",
    action=f"{_ACTION}/validate/action",
    redacted=False,
    mutates=False,
)
def validate(call: Call) -> Answer:
    """Check a template; bodies of resources are checked only when they are deployed."""
    call.path = call.path.rpartition("/")[0]
    template, body = read_deployment(call)
    shown = _shown(call, template, body, "Succeeded", call.world.guid("deployment", call.path))
    validated = [{"id": part.id} for part in template.parts]
    return Answer({**shown, "properties": {**shown["properties"], "validatedResources": validated}})


@OPERATIONS.operation("deployment.get_subscription", "GET", _ONE, action=f"{_ACTION}/read")
def get_deployment(call: Call) -> Answer:
    """Show a deployment of a subscription."""
    return Answer(call.resource("DeploymentNotFound").body)


@OPERATIONS.operation(
    "deployment.status_subscription", "GET", f"{_ONE}/operationStatuses/{{id}}", action=f"{_ACTION}/read"
)
@OPERATIONS.get("deployment.status", "operationStatuses/{id}")
def get_status(call: Call) -> Answer:
    """Return the status of a deployment."""
    found = call.need(call.path.lower().partition("/operationstatuses/")[0], "DeploymentNotFound")
    if found.facts["operation"] != call.param("id").lower():
        raise Problem(404, "DeploymentOperationNotFound", f"The operation '{call.param('id')}' was not found.")
    error = found.properties.get("error")
    return Answer({"status": found.properties["provisioningState"], **({"error": error} if error else {})})


@OPERATIONS.operation("deployment.head_subscription", "HEAD", _ONE, action=f"{_ACTION}/read")
@OPERATIONS.head("deployment.head")
def head_deployment(call: Call) -> Answer:
    """Tell whether a deployment exists."""
    return Answer(status=204 if call.world.resources.get(call.path) else 404)


@OPERATIONS.operation("deployment.operations_subscription", "GET", f"{_ONE}/operations", action=f"{_ACTION}/read")
@OPERATIONS.get("deployment.operations", "operations")
def list_operations(call: Call) -> Answer:
    """List the resources that a deployment has created, and those that it could not create."""
    found = call.need(call.path.rpartition("/")[0], "DeploymentNotFound")
    return Answer({"value": found.facts["rows"]})


_LEVELS = {"Template", "Provider", "ProviderNoRbac"}
"""Validation levels of a deployment: learn.microsoft.com/rest/api/resources/deployments/what-if#validationlevel."""


def read_deployment(call: Call, *, preview: bool = False) -> tuple[Template, Json]:
    """Read the template of a request; refuse a template that Resource Manager refuses before anything is made.

    A *preview* may ask to be judged by the rights to read (`validationLevel`).
    """
    properties = call.object().get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("mode"), str):
        text = "The request content was invalid and could not be deserialized: 'Required property 'mode' not found'."
        raise Problem(400, "InvalidRequestContent", text)
    if properties["mode"].lower() != "incremental":
        raise unsupported("properties.mode", f"The deployment mode {properties['mode']}")
    for name in ("templateLink", "parametersLink", "onErrorDeployment"):
        if properties.get(name):
            raise unsupported(f"properties.{name}", f"A deployment with '{name}'")
    template, given = _checked(properties.get("template"), properties.get("parameters") or {})
    scope, location = _scope(call)
    place = Place(scope, location, call.param("deployment"), str(call.claims.get("tid", "")))
    read = Template(place, template, given, registry(call.world))
    writer: Writer = call.world.state(WRITER)
    level = properties.get("validationLevel", "Provider")
    if level not in _LEVELS:
        text = f"The value '{level}' of 'validationLevel' is none of {', '.join(sorted(_LEVELS))}."
        raise Problem(400, "InvalidRequestContent", f"The request content was invalid: {text}")
    writer.check(call, read.parts, reads=preview and level == "ProviderNoRbac")
    if not preview:
        preflight.check(call.world, read, place)
    return read, properties


def _scope(call: Call) -> tuple[str, str]:
    """Return the id of the scope, and where the deployment's own data lie."""
    if "rg" in call.params:
        group = call.need(call.path.partition("/providers/")[0], "ResourceGroupNotFound")
        return group.id, str(group.body["location"])
    location = call.object().get("location")
    if not isinstance(location, str) or normal(location) not in REGIONS:
        code = "LocationRequired" if location is None else "LocationNotAvailableForDeployment"
        text = "The 'location' property must be specified for 'deployment'." if location is None else ""
        raise Problem(400, code, text or f"The provided location '{location}' is not available for deployment.")
    return f"/subscriptions/{call.param('sub')}", normal(location)


def _check_location(call: Call, found: Resource | None) -> None:
    """Refuse to deploy under a name that is taken in another region."""
    location = _scope(call)[1]
    if found is not None and "rg" not in call.params and found.body["location"] != location:
        text = f"Invalid deployment location '{location}'. The deployment '{found.name}' already exists in location "
        raise Problem(409, "InvalidDeploymentLocation", f"{text}'{found.body['location']}'.")


def _checked(template: object, given: object) -> tuple[Json, Json]:
    """Return a template and its parameters; refuse values that are not of the documented JSON types."""
    if not isinstance(template, dict) or "resources" not in template:
        raise invalid_template("Required property 'resources' not found in JSON")
    for name, kind in (("parameters", dict), ("variables", dict), ("outputs", dict), ("resources", list)):
        if not isinstance(template.get(name) or kind(), kind):
            raise invalid_template(f"The template property '{name}' has the wrong JSON type")
    declared, resources = template.get("parameters") or {}, template.get("resources") or []
    rows = [*declared.values(), *resources]
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in (*rows, *given.values())):
        raise invalid_template("The template parameters and resources must be objects")
    for row in resources:
        texts = [row.get("type"), row.get("name"), row.get("apiVersion")]
        needs = row.get("dependsOn") or []
        if not all(isinstance(each, str) and each for each in texts) or not isinstance(needs, list):
            raise invalid_template("A resource of a template needs the texts 'type', 'name' and 'apiVersion'")
        if not all(isinstance(each, str) for each in needs):
            raise invalid_template("The property 'dependsOn' of a resource must be a list of texts")
    if any("reference" in each for each in given.values()):
        raise unsupported("properties.parameters", "A parameter from a vault")
    return template, given


def _shown(call: Call, template: Template, body: Json, state: str, operation: str) -> Json:
    """Show a deployment that has just been accepted: without its template and its secure values."""
    kinds: dict[str, dict[str, None]] = {}
    for part in template.parts:
        namespace, _, kind = part.type.partition("/")
        kinds.setdefault(namespace, {})[kind] = None
    written = json.dumps(body["template"], sort_keys=True).encode()
    rows = [{"namespace": each, "resourceTypes": [{"resourceType": kind} for kind in kinds[each]]} for each in kinds]
    scope, location = _scope(call)
    return {
        "id": f"{scope}/providers/{DEPLOYMENTS.name}/{call.param('deployment')}",
        "name": call.param("deployment"),
        "type": DEPLOYMENTS.name,
        **({} if "rg" in call.params else {"location": location}),
        **({"tags": call.body["tags"]} if isinstance(call.body.get("tags"), dict) else {}),
        "properties": {
            "templateHash": str(int(hashlib.sha256(written).hexdigest(), 16))[:_HASH_LENGTH],
            "parameters": template.shown_parameters(),
            "mode": "Incremental",
            "provisioningState": state,
            "timestamp": iso(call.now_us),
            "duration": "PT0S",
            "correlationId": operation,
            "providers": rows,
            "dependencies": [_dependency(template, part.id) for part in template.parts if part.after],
        },
    }


def _dependency(template: Template, wanted: str) -> Json:
    by_id = {part.id.lower(): part for part in template.parts}

    def row(key: str) -> Json:
        part = by_id[key]
        return {"id": part.id, "resourceType": part.type, "resourceName": part.name}

    after = sorted(by_id[wanted.lower()].after & by_id.keys())
    return {"dependsOn": [row(each) for each in after], **row(wanted.lower())}
