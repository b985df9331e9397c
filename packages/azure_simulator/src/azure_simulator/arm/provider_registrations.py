"""Resource providers as a subscription sees them: their registration and their actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.providers import RESOURCES
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.registry import registry
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call, Route
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
ALL = "/subscriptions/{sub}/providers"
ONE = f"{ALL}/{{namespace}}"
WITHOUT_TYPES = ("Microsoft.App",)
"""Providers of whose resources none is simulated, and that something else needs: subnets are delegated to this one."""
LATENCIES = {"provider.register": about(30, 90, 5)}


class Actions:
    """The actions that routes ask for, by provider."""

    def __init__(self, routes: Iterable[Route]) -> None:
        named = (action for route in routes for action in route.action.split() if "/" in action)
        self.names = sorted({action.lower(): action for action in named}.values())

    def of(self, namespace: str) -> list[str]:
        """Return a provider's actions in order."""
        own = [f"{namespace}/{verb}/action" for verb in ("register", "unregister")]
        return sorted([*own, *(name for name in self.names if name.lower().startswith(f"{namespace.lower()}/"))])


@ROUTES.operation("providers.list", "GET", ALL)
def list_providers(call: Call) -> Answer:
    """List every provider with its registration."""
    return Answer({"value": [_shown(call, each) for each in _namespaces(call)]})


@ROUTES.operation("provider.get", "GET", ONE)
def get_provider(call: Call) -> Answer:
    """Show a provider's registration; all are registered unless the settings say otherwise."""
    return Answer(_shown(call, _namespace(call)))


@ROUTES.operation("provider.register", "POST", f"{ONE}/register", action="{namespace}/register/action")
def register_provider(call: Call) -> Answer:
    """Register a provider; it takes a while until requests are taken."""
    world, namespace = call.world, _namespace(call)
    if _state(world, namespace) == "NotRegistered":
        length_us = world.duration_us("provider.register", namespace, world.attempt("provider.register", namespace))
        if length_us:
            world.state("providers")[namespace.lower()] = True
            world.at(world.now_us + length_us, lambda: _registered(world, namespace))
        else:
            _registered(world, namespace)
    return Answer(_shown(call, namespace))


@ROUTES.operation("provider.unregister", "POST", f"{ONE}/unregister", action="{namespace}/unregister/action")
def unregister_provider(call: Call) -> Answer:
    """Take a registration back; refused while there are resources of the provider."""
    world, namespace = call.world, _namespace(call)
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    kinds = [kind for kind in world.resources.types() if kind.startswith(f"{namespace.lower()}/")]
    used = next((each for kind in kinds for each in world.resources.of_type(kind) if each.key.startswith(prefix)), None)
    if used is not None:
        raise Problem(409, "CannotUnregisterProvider", f"'{namespace}' has resources: '{used.id}'. Delete them first.")
    world.configure({"unregisteredProviders": [*_unregistered(world), namespace]})
    return Answer(_shown(call, namespace))


def actions_of(namespace: str) -> Routes:
    """Return the actions of a provider that can be allowed and refused."""
    found = Routes("arm")
    declare = found.operation(f"{namespace}.operations", "GET", f"/providers/{namespace}/operations")
    declare(lambda call: Answer({"value": [_operation(name) for name in _actions(call).of(namespace)]}))
    return found


def _actions(call: Call) -> Actions:
    found: Actions = call.world.state("actions")
    return found


def _registered(world: World, namespace: str) -> None:
    world.state("providers").pop(namespace.lower(), None)
    kept = [each for each in _unregistered(world) if each.lower() != namespace.lower()]
    world.configure({"unregisteredProviders": kept})


def _unregistered(world: World) -> list[str]:
    return [str(each) for each in world.config.get("unregisteredProviders", [])]


def _namespaces(call: Call) -> list[str]:
    return sorted({*(each.namespace for each in registry(call.world).providers.values()), *WITHOUT_TYPES})


def _namespace(call: Call) -> str:
    wanted = call.param("namespace").lower()
    found = next((each for each in _namespaces(call) if each.lower() == wanted), None)
    if found is None:
        raise Problem(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{call.param('namespace')}' is invalid.",
        )
    return found


def _state(world: World, namespace: str) -> str:
    if namespace.lower() not in {each.lower() for each in _unregistered(world)}:
        return "Registered"
    return "Registering" if namespace.lower() in world.state("providers") else "NotRegistered"


def _shown(call: Call, namespace: str) -> Json:
    kinds = {
        name.rpartition("/")[0].partition("/")[2]
        for name in _actions(call).of(namespace)
        if not name.endswith("/action")
    }
    types = [{"resourceType": kind, "locations": list(REGIONS)} for kind in sorted(kinds) if kind]
    return {
        "id": f"/subscriptions/{call.param('sub')}/providers/{namespace}",
        "namespace": namespace,
        "registrationState": _state(call.world, namespace),
        "registrationPolicy": "RegistrationFree" if namespace == RESOURCES.namespace else "RegistrationRequired",
        "resourceTypes": types,
    }


def _operation(name: str) -> Json:
    provider, _, rest = name.partition("/")
    kind, _, verb = rest.rpartition("/")
    if verb == "action":
        kind, _, verb = kind.rpartition("/")
    return {
        "name": name,
        "isDataAction": False,
        "display": {"provider": provider, "resource": kind, "operation": f"{verb} {kind}", "description": name},
    }
