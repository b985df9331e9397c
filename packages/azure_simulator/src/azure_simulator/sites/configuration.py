"""The settings of a function app, and its policies for publishing with a password.

Sources: learn.microsoft.com/azure/templates/microsoft.web/sites/config-appsettings and
`/basicpublishingcredentialspolicies`. Settings are read by a POST (`list`), never by a GET, as Azure does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Answer
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Resource
from azure_simulator.sites.apps import SITE, WEB

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

_ANY = Shape("any")
CONFIG = ResourceType(
    name=f"{SITE}/config",
    provider=WEB,
    params=("site", "config"),
    models=BodyModels(written=written("StringDictionary", properties=_ANY)),
    naming=NameRule("appsettings"),
    located=False,
)
PUBLISHING = ResourceType(
    name=f"{SITE}/basicPublishingCredentialsPolicies",
    provider=WEB,
    params=("site", "policy"),
    models=BodyModels(written=written("CsmPublishingCredentialsPoliciesEntity", properties=_ANY)),
    naming=NameRule("ftp|scm"),
    located=False,
    latencies={"publishing_policy.put": about(1, 2, 1), "publishing_policy.delete": about(1, 2, 1)},
)
CONFIG_OPERATIONS, PUBLISHING_OPERATIONS = Operations(CONFIG), Operations(PUBLISHING)
OPERATIONS = (CONFIG_OPERATIONS, PUBLISHING_OPERATIONS)


def _check_policy(call: Call) -> None:
    if not isinstance(read(call.object(), "properties", "object", {}).get("allow"), bool):
        raise invalid("properties.allow", "The property 'allow' is required, and is true or false.")


@CONFIG_OPERATIONS.put("site_config.put")
def put_settings(call: Call) -> Answer:
    """Replace all settings of an app."""
    settings = read(call.object(), "properties", "object", {})
    for name, value in settings.items():
        if not isinstance(value, str):
            raise invalid(f"properties.{name}", f"The value of the app setting '{name}' must be a string.")
    body, found = _settings(call.path, settings), call.world.resources.get(call.path)
    if found is None:
        call.world.resources.add(Resource(call.path, CONFIG.name, body, call.now_us))
    else:
        found.replace(body, call.now_us)
    return Answer(body)


@CONFIG_OPERATIONS.post("site_config.show", "list", mutates=False)
def list_settings(call: Call) -> Answer:
    """Show the settings; an app that has none yet shows an empty map."""
    address = call.path.rpartition("/")[0]
    call.need(address.rpartition("/config/")[0])
    found = call.world.resources.get(address)
    return Answer(found.body if found else _settings(address, {}))


def _settings(address: str, settings: Json) -> Json:
    name = address.rpartition("/")[2]
    return {"id": address, "name": name, "type": CONFIG.name, "properties": dict(settings)}


plain_resources.serve(PUBLISHING_OPERATIONS, "publishing_policy", "publishing_policies", Plain(check=_check_policy))
