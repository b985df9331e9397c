"""Application Insights: components, availability tests of them, and workbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.providers import ResourceProvider
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.arm.value_rules import GUID, between, one_of
from azure_simulator.core.latency import about
from azure_simulator.monitoring.workspaces import WORKSPACES

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

ANY = Shape("any")
_HIDDEN = "hidden-link:"
_FREQUENCIES = (300, 600, 900)


class Insights(ResourceProvider):
    """Microsoft.Insights."""

    namespace = "Microsoft.Insights"
    api_versions = "2020-02-02"


INSIGHTS = Insights()
COMPONENTS = ResourceType(
    name="Microsoft.Insights/components",
    provider=INSIGHTS,
    params=("component",),
    models=BodyModels(written=written("Component", location=TEXT, tags=TAGS, kind=TEXT, properties=ANY)),
    naming=NameRule(r"[^%&\\?/]{0,259}[^%&\\?/ .]"),
    values={"properties.Application_Type": one_of(("web", "other"))},
    links={"properties.WorkspaceResourceId": (WORKSPACES.name,)},
    latencies={"component.put": about(5, 15, 2), "component.delete": about(3, 10, 1)},
)
TESTS = ResourceType(
    name="Microsoft.Insights/webtests",
    provider=INSIGHTS,
    params=("test",),
    api_versions="2022-06-15",
    models=BodyModels(written=written("WebTest", location=TEXT, tags=TAGS, kind=TEXT, properties=ANY)),
    naming=NameRule(r"[^%&\\?/]{0,259}[^%&\\?/ .]"),
    values={
        "properties.Kind": one_of(("ping", "multistep", "standard")),
        "properties.Frequency": one_of(_FREQUENCIES),
        "properties.Timeout": between(30, 120),
    },
    latencies={"web_test.put": about(3, 10, 1), "web_test.delete": about(2, 5, 1)},
)
WORKBOOKS = ResourceType(
    name="Microsoft.Insights/workbooks",
    provider=INSIGHTS,
    params=("workbook",),
    api_versions="2023-06-01",
    models=BodyModels(written=written("Workbook", location=TEXT, tags=TAGS, kind=TEXT, properties=ANY)),
    naming=NameRule(GUID),
    latencies={"workbook.put": about(2, 5, 1), "workbook.delete": about(2, 5, 1)},
)
COMPONENT_OPERATIONS, TEST_OPERATIONS, WORKBOOK_OPERATIONS = (
    Operations(COMPONENTS),
    Operations(TESTS),
    Operations(WORKBOOKS),
)
OPERATIONS = (COMPONENT_OPERATIONS, TEST_OPERATIONS, WORKBOOK_OPERATIONS)


def _component(call: Call, found: Resource | None) -> Json:
    del found
    region, world = str(call.object().get("location")), call.world
    key, app = world.guid("instrumentation", call.path), world.guid("component", call.path)
    address = f"https://{region}-5.in.applicationinsights.azure.com/"
    connection = f"InstrumentationKey={key};IngestionEndpoint={address};ApplicationId={app}"
    given = read(call.object(), "properties", "object", {})
    return {**given, "AppId": app, "InstrumentationKey": key, "ConnectionString": connection}


def _check_component(call: Call) -> None:
    workspace = read(call.object(), "properties.WorkspaceResourceId", "string", "")
    if not workspace:
        raise invalid("properties.WorkspaceResourceId", "A component without a workspace is no longer made.")
    call.need(workspace)


def _check_test(call: Call) -> None:
    links = [name for name in call.object().get("tags") or {} if name.startswith(_HIDDEN)]
    if len(links) != 1:
        raise invalid("tags", f"A web test has one tag '{_HIDDEN}<id of a component>' with the value 'Resource'.")
    call.need(links[0].removeprefix(_HIDDEN))


def _check_workbook(call: Call) -> None:
    for name in ("displayName", "category", "serializedData"):
        if not read(call.object(), f"properties.{name}", "string", ""):
            raise invalid(f"properties.{name}", f"The property '{name}' of a workbook is required.")


def kind_beside(call: Call) -> Json:
    """Return the body's `kind`, which stands beside the properties."""
    return {"kind": call.object()["kind"]} if "kind" in call.object() else {}


plain_resources.serve(
    COMPONENT_OPERATIONS, "component", "components", Plain(_check_component, _component, top_level=kind_beside)
)
plain_resources.serve(TEST_OPERATIONS, "web_test", "web_tests", Plain(check=_check_test, top_level=kind_beside))
plain_resources.serve(WORKBOOK_OPERATIONS, "workbook", "workbooks", Plain(_check_workbook, top_level=kind_beside))
