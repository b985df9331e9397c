"""No response has a secret; what is read from the text of the SDK's models is what the classes have.

That every response fits them is checked by `packages/azure_simulator/tests/answers.py`, in each test.
"""

import importlib
import inspect
import typing
from typing import Any

import pytest
from azure_simulator.arm.registry import registry
from azure_simulator.arm.sdk_models import library
from azure_simulator.assembly import build
from azure_simulator.compute.provider import COMPUTE
from azure_simulator.core.cloud import Options
from azure_simulator.core.times import OwnClock

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.contract.running import START_US, keys
from packages.azure_simulator.tests.contract.sdk import Sdk
from packages.azure_simulator.tests.contract.shared import SharedCloud


@pytest.mark.simulator
def test_no_response_has_a_secret(sdk: Sdk, shared_cloud: SharedCloud) -> None:
    sdk.vm(password="Th1s-is-n0t-for-anybody")
    commands, extensions = sdk.compute.virtual_machine_run_commands, sdk.compute.virtual_machine_extensions
    secret = {"protectedParameters": [{"name": "token", "value": "n0t-for-anybody"}], "runAsPassword": "n0t-for-me"}
    body: Any = {"location": REGION, "properties": {"source": {"script": "# step: one"}, **secret}}
    commands.begin_create_or_update(sdk.group, "cpc-1", "steps", body).result()
    kind = {"publisher": "Microsoft.Compute", "type": "BGInfo", "typeHandlerVersion": "2.1"}
    body = {"location": REGION, "properties": {**kind, "protectedSettings": {"key": "n0t-for-you"}}}
    extensions.begin_create_or_update(sdk.group, "cpc-1", "quiet", body).result()
    sdk.compute.virtual_machines.get(sdk.group, "cpc-1", expand="instanceView")
    bodies = [str(each.body) for each in shared_cloud.responses if each.target.type.provider is COMPUTE]
    words = ("n0t-for", "hashed:", "adminPassword", "protectedSettings", "protectedParameters", "runAsPassword")
    assert [word for word in words if any(word in text for text in bodies)] == []
    stored = [str((r.body, r.facts)) for r in shared_cloud.cloud.world.resources.under(sdk.group_id)]
    assert [text for text in stored if "n0t-for" in text] == []


CLOUD = build(OwnClock(START_US, 0), keys(), Options())
MODELS = [(each.models.package, each.models.put) for each in registry(CLOUD.world) if each.models.put]


def members(package: str, model: str) -> dict[str, bool]:
    """Return a model's members by name and whether each is read-only, from the class itself."""
    cls = getattr(importlib.import_module(f"{package}.models"), model)
    fields = {
        field._rest_name_input or name: field._visibility == ["read"]
        for base in reversed(inspect.getmro(cls))
        for name, field in vars(base).items()
        if type(field).__name__ == "_RestField"
    }
    table = typing.cast("dict[str, Any]", getattr(cls, "_attribute_map", {}))
    for name, mapping in table.items():
        top, _, inner = mapping["key"].partition(".")
        fields[top] = not inner and bool(cls._validation.get(name, {}).get("readonly"))
    return fields


@pytest.mark.parametrize(("package", "model"), MODELS)
def test_what_is_read_from_the_text_is_what_the_class_has(package: str, model: str) -> None:
    read = {each.name: each.read_only for each in library(package).shape(model).members.values()}
    assert read == members(package, model)
