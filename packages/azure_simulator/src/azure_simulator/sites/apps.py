"""Plans of Flex Consumption and function apps on them.

Sources: learn.microsoft.com/azure/templates/microsoft.web/sites,
learn.microsoft.com/azure/azure-functions/flex-consumption-plan. Other plans and kinds of apps are not simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.reading import invalid, read, unsupported
from azure_simulator.arm.resource_types import FIXED, NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Index

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_ANY = Shape("any")
_PLAN, SITE = "Microsoft.Web/serverfarms", "Microsoft.Web/sites"
_RUNTIMES = frozenset({"dotnet-isolated", "java", "node", "powershell", "python", "custom"})
_MEMORIES = (512, 2048, 4096)
_INSTANCES = (1, 1000)
_DELEGATED = "microsoft.app/environments"


class Web(ResourceProvider):
    """Microsoft.Web."""

    namespace = "Microsoft.Web"
    api_versions = "2023-12-01 2024-04-01 2024-11-01 2025-03-01 2025-05-01"


WEB = Web()


def _plan_of(site: Resource) -> str:
    return str(site.properties.get("serverFarmId", "")).lower()


BY_PLAN = Index(SITE, _plan_of)
PLANS = ResourceType(
    name=_PLAN,
    provider=WEB,
    params=("plan",),
    models=BodyModels(
        written=written("AppServicePlan", location=TEXT, tags=TAGS, kind=TEXT, sku=_ANY, properties=_ANY)
    ),
    naming=NameRule(r"[A-Za-z0-9-]{1,60}"),
    latencies={"plan.put": about(3, 10, 1), "plan.delete": about(3, 10, 1)},
    used_by=(BY_PLAN,),
)
SITES = ResourceType(
    name=SITE,
    provider=WEB,
    params=("site",),
    models=BodyModels(written=written("Site", location=TEXT, tags=TAGS, kind=TEXT, identity=_ANY, properties=_ANY)),
    naming=NameRule(r"[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?"),
    latencies={"site.put": about(10, 30, 3), "site.delete": about(5, 15, 1)},
    links={"properties.serverFarmId": (_PLAN,)},
    immutable={"kind": FIXED},
)
PLAN_OPERATIONS, SITE_OPERATIONS = Operations(PLANS), Operations(SITES)


def host_name(name: str) -> str:
    """Return the address at which an app answers."""
    return f"{name.lower()}.azurewebsites.net"


def find(call: Call, name: str) -> Resource | None:
    """Find an app by its name, which is the world's."""
    wanted = name.lower()
    return next((each for each in call.world.resources.of_type(SITE) if each.name.lower() == wanted), None)


def _check_plan(call: Call) -> None:
    sku = read(call.object(), "sku", "object", {})
    if sku.get("name") != "FC1":
        raise unsupported("sku.name", f"A plan of the SKU '{sku.get('name')}'")
    if call.object().get("properties", {}).get("reserved") is not True:
        raise invalid("properties.reserved", "A plan of Flex Consumption has to be of Linux: 'reserved' must be true.")


def _check_site(call: Call) -> None:
    other = find(call, call.param("site"))
    if other is not None and other.key != call.path.lower():
        text = f"Website with given name {call.param('site')} already exists."
        raise Problem(409, "Conflict", text)
    if "functionapp" not in str(call.object().get("kind", "")).split(","):
        raise unsupported("kind", "An app that is no function app")
    properties = read(call.object(), "properties", "object", {})
    call.need(str(properties.get("serverFarmId", "")))
    config = properties.get("functionAppConfig")
    if not isinstance(config, dict):
        text = "The FunctionAppConfig property of a function app of Flex Consumption is required."
        raise Problem(400, "BadRequest", text)
    _check_config(config)
    _check_subnet(call, str(properties.get("virtualNetworkSubnetId") or ""))


def _check_subnet(call: Call, wanted: str) -> None:
    """Refuse a subnet that is not there or not delegated to the plan; Azure's words for the second are not known."""
    if not wanted:
        return
    delegations = call.need(wanted).properties.get("delegations") or ()
    if not any(each["properties"]["serviceName"].lower() == _DELEGATED for each in delegations):
        raise Problem(400, "BadRequest", f"The subnet {wanted} is not delegated to Microsoft.App/environments.")


def _check_config(config: Json) -> None:
    runtime, scale = config.get("runtime") or {}, config.get("scaleAndConcurrency") or {}
    if runtime.get("name") not in _RUNTIMES or not runtime.get("version"):
        raise Problem(400, "BadRequest", f"Invalid runtime '{runtime.get('name')}' '{runtime.get('version')}'.")
    if scale.get("instanceMemoryMB") not in _MEMORIES:
        raise Problem(400, "BadRequest", f"Invalid instanceMemoryMB '{scale.get('instanceMemoryMB')}'.")
    if not _INSTANCES[0] <= scale.get("maximumInstanceCount", 100) <= _INSTANCES[1]:
        raise Problem(400, "BadRequest", f"Invalid maximumInstanceCount '{scale.get('maximumInstanceCount')}'.")
    if (config.get("deployment") or {}).get("storage", {}).get("type") != "blobContainer":
        raise Problem(400, "BadRequest", "The deployment storage of the app must be a blobContainer.")


def _site_properties(call: Call, found: Resource | None) -> Json:
    given = {name: each for name, each in call.object()["properties"].items() if name != "siteConfig"}
    host = host_name(call.param("site"))
    scm = host.replace(".", ".scm.", 1)
    state = found.properties["state"] if found else "Running"
    return {**given, "state": state, "defaultHostName": host, "enabledHostNames": [host, scm]}


def _beside(*names: str) -> Plain:
    def top_level(call: Call) -> Json:
        return {name: call.object()[name] for name in names if name in call.object()}

    if "identity" not in names:
        return Plain(check=_check_plan, top_level=top_level)
    return Plain(check=_check_site, properties=_site_properties, top_level=top_level)


plain_resources.serve(PLAN_OPERATIONS, "plan", "plans", _beside("kind", "sku"))
plain_resources.serve(SITE_OPERATIONS, "site", "sites", _beside("kind", "identity"))


def _switch(call: Call, state: str) -> Answer:
    found = call.need(call.path.rpartition("/")[0])
    found.set(call.now_us, state=state)
    return Answer()


@SITE_OPERATIONS.post("site.stop", "stop")
def stop_site(call: Call) -> Answer:
    """Stop an app; a second time changes nothing."""
    return _switch(call, "Stopped")


@SITE_OPERATIONS.post("site.start", "start")
def start_site(call: Call) -> Answer:
    """Start an app that was stopped."""
    return _switch(call, "Running")
