"""`infra/` by Microsoft's types: every property, value and version is one that Azure has; planted faults are found."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.house.tree import ROOT, below, text
from tests.infra.judge import Template, parameters
from tests.infra.record import wanted
from tests.infra.resource_types import FILE, ResourceTypes
from tests.infra.values import Unknown

INFRA = ROOT / "infra"
TYPES = ResourceTypes()
TEMPLATES = sorted(path.name for path in below("infra", suffix=".bicep"))
PARAMETERS = sorted(path.name for path in below("infra", suffix=".bicepparam"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_fits_microsoft_s_types_whatever_it_is_given(name: str) -> None:
    assert Template(INFRA / name, TYPES).problems == []


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_deployment_with_our_parameters_fits(name: str) -> None:
    (used,) = re.findall(r"(?m)^using '([\w./-]+)'$", text(INFRA / name))
    assert Template(INFRA / used, TYPES, parameters(INFRA / name)).problems == []


def test_exactly_the_types_that_are_used_are_recorded() -> None:
    recorded = json.loads(FILE.read_text("utf-8"))["resources"]
    assert set(recorded) == {f"{kind}@{version}" for kind, version in wanted()}


def test_a_preview_is_used_only_where_there_is_no_newer_version_without() -> None:
    previews = [(kind, version) for kind, version in wanted() if version.endswith("-preview")]
    assert [kind for kind, version in previews if TYPES.versions[kind][-1] != version] == []


def judged(folder: Path, file: str, old: str, new: str) -> list[str]:
    """Judge a copy of `infra/` in which one text of a file is another."""
    copy = folder / "infra"
    shutil.copytree(INFRA, copy)
    written = text(INFRA / file)
    assert old in written
    (copy / file).write_text(written.replace(old, new, 1), "utf-8")
    main = "customer.bicep" if file.startswith("customer") else "azd.bicep"
    found = Template(copy / main, TYPES).problems + Template(copy / "main.bicep", TYPES).problems
    return found + Template(copy / "main.bicep", TYPES, parameters(copy / "main.bicepparam")).problems


FAULTS = [
    ("main.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAcess: false", "allowBlobPublicAcess is no member"),
    ("main.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAccess: 'no'", "is of the kind string, not boolean"),
    ("main.bicep", "'TLS1_2'", "'TLS1_4'", "properties.minimumTlsVersion is 'TLS1_4', none of"),
    ("main.bicep", "storageAccounts@2025-06-01", "storageAccounts@2025-06-02", "has no version 2025-06-02"),
    (
        "main.bicep",
        "Microsoft.Web/serverfarms",
        "Microsoft.Web/serverFarm",
        "there is no type Microsoft.Web/serverFarm",
    ),
    ("main.bicep", "kind: 'StorageV2'", "kind: 'StorageV9'", "kind is 'StorageV9'"),
    ("main.bicep", "  kind: 'StorageV2'\n", "", "kind is missing"),
    (
        "main.bicep",
        "    httpsOnly: true",
        "    httpsOnly: true\n    hostNames: []",
        "properties.hostNames is read-only",
    ),
    ("main.bicep", "softDeleteRetentionInDays: 90", "softDeleteRetentionInDays: '90'", "not integer"),
    ("main.bicep", "resource blobs 'blobServices'", "resource blobs 'blobService'", "/blobService"),
    ("main.bicep", "storage::blobs::package", "storage::blobs::packages", "there is no resource 'packages'"),
    ("main.bicep", "logs.id\n    DisableLocalAuth", "logs.ids\n    DisableLocalAuth", "'ids' is no member"),
    ("main.bicep", "primaryEndpoints.table", "primaryEndpoints.tables", "'tables' is no member"),
    ("main.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id", "the name 'plans' is not declared"),
    ("main.bicep", "toLower('", "lower('", "there is no function 'lower'"),
    ("main.bicep", "var makesNetwork = restricted && empty(appSubnetId)", "var makesNetwork = name", "a condition is"),
    (
        "main.bicep",
        "var packageContainer = 'package'",
        "var packageContainer = 1",
        "is of the kind integer, not string",
    ),
    ("main.bicep", "param location string", "param unused string = 'x'\nparam location string", "'unused' is not used"),
    (
        "main.bicep",
        "workspaceId: logs.id\n    storageLogs",
        "workspace: logs.id\n    storageLogs",
        "no parameter 'workspace'",
    ),
    ("main.bicep", "workspaceId: logs.id\n    storageLogs", "storageLogs", "the parameter 'workspaceId' has no value"),
    (
        "main.bicep",
        "module network 'network.bicep'",
        "module network 'networks.bicep'",
        "there is no file networks.bicep",
    ),
    ("settings.bicep", "name: 'appsettings'", "name: 'appsetting'", "name is 'appsetting', none of"),
    (
        "main.bicep",
        "output appName string = app.name",
        "output appName int = app.name",
        "of the kind string, not integer",
    ),
    ("main.bicepparam", "param name = 'deskwright'", "param name = 'deskwright-of-contoso'", "beyond its limits"),
    ("main.bicepparam", "param name = 'deskwright'", "param storageSku = 'Premium_ZRS'", "none of Standard_ZRS"),
    ("main.bicepparam", "param appClientId = ''", "param appId = ''", "there is no parameter 'appId'"),
    ("main.bicepparam", "param appClientId = ''", "param maximumInstanceCount = '40'", "not integer"),
    (
        "main.bicep",
        "name: guid(vault.id, identity.id,",
        "name: guid(vault.properties.vaultUri, identity.id,",
        "vaultAccess: 'properties' is not known when the deployment begins",
    ),
    ("main.bicep", "= if (makesNetwork) {", "= if (app.properties.enabled) {", "network: 'properties' is not known"),
    ("azd.bicep", "  name: groupName", "  name: service.outputs.appName", "group: 'outputs' is not known"),
    ("azd.bicep", "apiClientId: apiClientId\n", "", "the parameter 'apiClientId' has no value"),
    ("azd.bicep", "service.outputs.appUrl", "service.outputs.url", "'url' is no output of main.bicep"),
    (
        "alerts.bicep",
        "severity: alert.severity",
        "severity: '${alert.severity}'",
        "properties.severity is of the kind string",
    ),
    ("alerts.bicep", "alert.window", "alert.windows", "'windows' is no member"),
    ("network.bicep", "serviceName:", "service:", "service is no member"),
    (
        "network.bicep",
        "          delegations: [",
        "          delegations: addressSpace\n          ipAllocations: [",
        "not array",
    ),
    ("diagnostics.bicep", "scope: vault\n", "scope: vaults\n", "the name 'vaults' is not declared"),
    (
        "customer.bicep",
        "loadJsonContent('actions.json')",
        "loadJsonContent('action.json')",
        "there is no file action.json",
    ),
    ("customer.bicep", "principalType: 'ServicePrincipal'", "principalType: 'Service'", "principalType is 'Service'"),
    ("main.bicep", "@minLength(4)", "@minLenght(4)", "'minLenght' is no decorator of a param"),
    ("main.bicep", "  dependsOn: [\n    network\n  ]\n", "  dependsOn: network\n", "storage: dependsOn is no array"),
    ("main.bicep", "guid(storage.id, identity.id, role)", "guid(storage.id, identity.id)", "has the same name"),
    ("main.bicep", "    value: address\n", "    valu: address\n", "ipRules[].valu is no member"),
    ("customer.bicep", "scope: resourceGroup(group)\n", "", "customer-group.bicep goes to a resourceGroup"),
]


@pytest.mark.parametrize(("file", "old", "new", "says"), FAULTS)
def test_a_planted_fault_is_found(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    found = judged(tmp_path, file, old, new)
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    "written",
    [
        "var a = {",
        "var a = 'x",
        "var a = [1, 2",
        "var a = 1 1",
        "var a == 1",
        "param 1a string",
        "resource a b = {}",
        "type t = 'a' | 'b'",
        "var a = foo.bar()",
        "variable a = 1",
    ],
)
def test_what_is_not_of_the_subset_is_refused_with_its_line(tmp_path: Path, written: str) -> None:
    path = tmp_path / "x.bicep"
    path.write_text(f"// first\n{written}\n", "utf-8")
    with pytest.raises(SyntaxError, match=r"x\.bicep:\d: not read"):
        Template(path, TYPES)


VALUES = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("true || false && false", True),
    ("!empty([]) ? 'a' : 'b'", "b"),
    ("1 == 1 ? 2 == 3 ? 'a' : 'b' : 'c'", "b"),
    ("null ?? 'a'", "a"),
    ("{\n a: { b: [\n 1\n 2\n ] }\n}.a.b[1]", 2),
    ("[for each in ['a', 'b']: '${each}!']", ["a!", "b!"]),
    ("[for (each, i) in ['a', 'b']: i]", [0, 1]),
    ("map([1, 2], x => x * 2)", [2, 4]),
    ("[\n subscription()\n 1\n]", None),
    ("'a${1}b${true}c\\'d\\${e}'", "a1btruec'd${e}"),
    ("'''\nline\n'''", "line\n"),
    ("toUpper(replace('a-b', '-', ''))", "AB"),
    ("union({ a: 1 }, { b: 2 })", {"a": 1, "b": 2}),
    ("contains(['a'], 'a') && startsWith('Abc', 'a')", True),
    ("{ a: 1 }.?b ?? 2", 2),
    ("concat('a', // why\n 'b')", "ab"),
    ("utcNow()", Unknown("string")),
    ("-1", -1),
]


@pytest.mark.parametrize(("written", "value"), VALUES)
def test_an_expression_has_its_value(tmp_path: Path, written: str, value: object) -> None:
    path = tmp_path / "x.bicep"
    path.write_text(f"var a = {written}\noutput b object = {{\n  c: a\n}}\n", "utf-8")
    template = Template(path, TYPES)
    found = template.outputs["b"]["c"]
    assert template.problems == []
    assert len(found) == 2 if value is None else found == value
