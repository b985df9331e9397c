"""A deployment under way: each resource is written once its dependencies exist.

A resource is written as by a request of the caller's, with its api-version: everything that is refused otherwise is
refused here. Rate limits and fault rules do not count for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.plane import authorization_failed
from azure_simulator.arm.reading import unsupported
from azure_simulator.core.answers import Problem
from azure_simulator.core.calls import Call
from azure_simulator.core.times import NEVER, iso
from azure_simulator.deployments.templates import Part, Template, without_null

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.planes import Plane
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.routing import Router

_SEE = "See https://aka.ms/arm-deployment-operations for usage details."
FAILED = f"At least one resource deployment operation failed. Please list deployment operations for details. {_SEE}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes resources for deployments."""

    router: Router
    plane: Plane

    def call_for(self, asked: Call, part: Part) -> Call:
        """Make the request for a resource; raise a `Problem` where its type is not known."""
        found = self._call(asked, "PUT", part.id, part.version)
        if found is None:
            namespace, _, kind = part.type.partition("/")
            text = f"The resource type '{kind}' could not be found in the namespace '{namespace}' for api version "
            raise Problem(400, "InvalidResourceType", f"{text}'{part.version}'.")
        return found

    def _call(self, asked: Call, method: str, path: str, version: str) -> Call | None:
        route, params, _ = self.router.find(method, path)
        if route is None or route.plane != self.plane.name:
            return None
        return Call(
            world=asked.world,
            route=route,
            method=method,
            path=path,
            params=params,
            query={"api-version": version},
            headers={},
            body=None,
            base=asked.base,
            principal=asked.principal,
            claims=asked.claims,
        )

    def check(self, asked: Call, parts: tuple[Part, ...], *, reads: bool = False) -> None:
        """Refuse a template with resources of unknown types, or that the caller may not write (or *reads*: read)."""
        for part in parts:
            call = self.call_for(asked, part)
            action = f"{call.action.rpartition('/')[0]}/read" if reads else call.action
            if not call.principal.may(action, call.path):
                denied = authorization_failed(call, action, call.path).message
                text = f"Authorization failed for template resource '{part.name}' of type '{part.type}'. {denied}"
                raise Problem(403, "InvalidTemplateDeployment", f"Deployment failed with multiple errors: '{text}'")

    def list(self, asked: Call, wanted: str, version: str) -> Json:
        """Return the answer of a resource's operation `list`, to who deploys."""
        call = self._call(asked, "POST", f"{wanted}/list", version)
        if call is None:
            raise unsupported("template", f"The template function 'list' of '{wanted}'")
        if not call.principal.may(call.action, call.path):
            raise authorization_failed(call, call.action, call.path)
        self.plane.check(call)
        answer = self.plane.perform(call)
        return dict(answer.body) if isinstance(answer.body, dict) else {}

    def write(self, asked: Call, part: Part, body: Json) -> LongRunning | Run | None:
        """Write a resource; give the operation, or the deployment, that makes it, if one does."""
        call = self.call_for(asked, part)
        self.plane.inspect_secrets(call, body)
        call.body = call.world.protector.redact(body) if call.route.redacted else body
        self.plane.check(call)
        self.plane.perform(call)
        nested: Run | None = call.notes.get("deployment")
        operation = call.notes.get("operation")
        return nested or (call.world.operations.get(operation) if operation else None)


@dataclass(slots=True)
class Run:
    """One deployment under way; `resource` shows how far it is."""

    asked: Call
    writer: Writer
    template: Template
    resource: Resource
    begun_us: int
    left: dict[str, Part] = field(default_factory=dict)
    under_way: dict[str, LongRunning | Run] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failed: dict[str, Problem] = field(default_factory=dict)
    outer: list[Callable[[], None]] = field(default_factory=list)
    """Callbacks for the end: the deployment that this one is nested in."""

    @property
    def error(self) -> Problem | None:
        """Return the error of a deployment that has failed and ended, `None` without one."""
        found = self.resource.properties.get("error")
        return Problem(409, found["code"], found["message"], details=found.get("details", [])) if found else None

    def start(self) -> None:
        """Begin with the parts that wait for nothing."""
        self.left = {part.id.lower(): part for part in self.template.parts}
        self.resource.set(self.asked.world.now_us, provisioningState="Running")
        self._go_on()

    def _go_on(self) -> None:
        """Write the parts that wait for nothing any more; end when no part is left, or one has failed."""
        while not self.failed and (ready := self._ready()):
            for part in ready:
                self._write(part)
        if not self.under_way and (self.failed or not self.left):
            self._end()

    def _ready(self) -> list[Part]:
        waiting = self.left.keys() | self.under_way.keys()
        return [part for part in self.left.values() if part.after.isdisjoint(waiting)]

    def _write(self, part: Part) -> None:
        key, world = part.id.lower(), self.asked.world
        del self.left[key]
        try:
            body = without_null(self.template.body(part, self._reference, self._listed))
            operation = self.writer.write(self.asked, part, body)
        except Problem as problem:
            self._finish(part, problem)
            return
        if operation is None:
            self._finish(part, None)
            return
        self.under_way[key] = operation
        if isinstance(operation, Run):
            operation.outer.append(lambda: self._ended(part))
        elif operation.due_us < NEVER:
            world.at(operation.due_us, lambda: self._ended(part))

    def _ended(self, part: Part) -> None:
        operation = self.under_way.pop(part.id.lower())
        self._finish(part, operation.error)
        self._go_on()

    def _finish(self, part: Part, error: Problem | None) -> None:
        """Record the end of writing a resource."""
        world = self.asked.world
        if error is None:
            self.done.add(part.id.lower())
        else:
            self.failed[part.id.lower()] = error
        name = world.guid("deployment operation", self.resource.facts["operation"], part.id)
        properties: Json = {
            "provisioningOperation": "Create",
            "provisioningState": "Succeeded" if error is None else "Failed",
            "timestamp": iso(world.now_us),
            "duration": _duration(world.now_us - self.begun_us),
            "trackingId": name,
            "statusCode": "OK" if error is None else "Conflict",
            "targetResource": {"id": part.id, "resourceType": part.type, "resourceName": part.name},
        }
        if error is not None:
            properties["statusMessage"] = {"status": "Failed", "error": error.error()}
        row = {"id": f"{self.resource.id}/operations/{name}", "operationId": name, "properties": properties}
        self.resource.facts["rows"] = [*self.resource.facts["rows"], row]

    def _reference(self, wanted: str, full: bool) -> Any:  # noqa: ANN401, FBT001 - called by an expression
        found = self.asked.world.resources.get(wanted)
        if found is None:
            name = wanted.rpartition("/")[2]
            raise Problem(404, "ResourceNotFound", f"The Resource '{name}' was not found.")
        return found.body if full else found.properties

    def _listed(self, wanted: str, version: str) -> Any:  # noqa: ANN401 - JSON
        return self.writer.list(self.asked, wanted, version)

    def _end(self) -> None:
        world = self.asked.world
        error, outputs = None, {}
        if self.failed:
            details = [each.error() for each in self.failed.values()]
            error = {"code": "DeploymentFailed", "message": FAILED, "details": details}
        else:
            try:
                outputs = self._outputs()
            except Problem as problem:
                text = f"The template output is not valid: {problem.message}"
                error = {"code": "DeploymentOutputEvaluationFailed", "message": text}
        made = [{"id": part.id} for part in self.template.parts if part.id.lower() in self.done]
        ended: Json = {"outputs": outputs, "outputResources": made} if error is None else {"error": error}
        self.resource.set(
            world.now_us,
            provisioningState="Succeeded" if error is None else "Failed",
            timestamp=iso(world.now_us),
            duration=_duration(world.now_us - self.begun_us),
            **ended,
        )
        for each in self.outer:
            each()

    def _outputs(self) -> Json:
        return {
            name: {
                "type": row.get("type"),
                "value": self.template.resolve(row.get("value"), self._reference, self._listed),
            }
            for name, row in self.template.outputs.items()
            if isinstance(row, dict)
        }


def _duration(us: int) -> str:
    return f"PT{us / 1_000_000:g}S"
