"""Every `az` command that we tell somebody to type runs with the real `az` at the simulated cloud, or is named here.

`az` opens a browser to sign in; here a program plays it: it chooses a person on the simulated Entra ID's pages. There
is no compiler for Bicep: `tests.infra.compiled` stands in for it.
"""

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure_simulator.certificates import Certificates
from azure_simulator.seeds import TENANT_ID

from packages.azure_simulator.tests.az import SUBSCRIPTION, Az, served, signed_in
from packages.azure_simulator.tests.test_sites import BODY, PLAN_BODY
from shared.domain.tenants import customer_role
from tests.deployment.az_commands import documented
from tests.house.tree import ROOT

run_for_long = [pytest.mark.long, pytest.mark.timeout(3600)]
_NO_NAME = "az looks a vault up in DNS by its name, and a simulated vault has none"
NOT_RUN = {
    "az bicep install": "downloads the compiler, which cannot be had here",
    "az bicep install --version v0.49.2": "downloads the compiler, which cannot be had here",
    "az bicep lint --file infra/azd.bicep": "needs the compiler",
    "az bicep lint --file infra/customer.bicep": "needs the compiler",
    "az bicep build --file infra/azd.bicep --stdout > /dev/null": "needs the compiler",
    "az bicep build --file infra/customer.bicep --stdout > /dev/null": "needs the compiler",
    'az keyvault secret set --vault-name <vault> --name graph-notifications --value "$(openssl rand -base64 48)" '
    "--output none": _NO_NAME,
    "az keyvault secret set-attributes --vault-name <vault> --name graph-notifications --version <older> "
    "--enabled false": _NO_NAME,
    "az network bastion rdp": "an extension that runs on Windows alone",
}
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
PERSON = "user01@contoso.example"
_PLACE = re.compile(r"<[^>]+>|\{[^}]+\}")
RUN: dict[str, Callable[..., None]] = {}


def runs(*commands: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare the commands of ours that a test runs, as they are written."""

    def noted(test: Callable[..., None]) -> Callable[..., None]:
        RUN.update(dict.fromkeys(commands, test))
        return test

    return noted


def words(command: str, *values: str) -> list[str]:
    """Put values into the places of a command, in their order, and split it as a shell does."""
    given = iter(values)
    return shlex.split(_PLACE.sub(lambda _: next(given), command))[1:]


def test_every_command_that_we_name_is_run_or_has_a_reason() -> None:
    named = documented()
    assert {command: page for command, page in named.items() if command not in RUN | NOT_RUN} == {}
    assert [command for command in (*RUN, *NOT_RUN) if command not in named] == []


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[dict[str, str]]:
    with served(tmp_path_factory.mktemp("cloud"), certificates) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def az(cloud: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Az:
    """The client of somebody who may do everything, with a group and a person who owns the subscription."""
    made = signed_in(tmp_path_factory.mktemp("az"), cloud)
    made("group", "create", "--name", "desks", "--location", "westeurope")
    person = made("ad", "user", "show", "--id", PERSON)
    who = ("--assignee-object-id", person["id"], "--assignee-principal-type", "User")
    made("role", "assignment", "create", *who, "--role", "Owner", "--scope", SCOPE)
    return made


@pytest.fixture(scope="module")
def somebody(az: Az, cloud: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Az:
    """The client of a person with a browser, and with a program that stands in for `bicep`."""
    folder = tmp_path_factory.mktemp("somebody")
    environment = f"PYTHONPATH={shlex.quote(os.pathsep.join(filter(None, sys.path)))}"
    browser = f'cd {ROOT}; {environment} exec {sys.executable} -m tests.deployment.browser "$1" {PERSON}'
    _program(folder / "browser", f"{browser} {cloud['bundle']}")
    _program(folder / "bicep", f'{environment} exec {sys.executable} -m tests.infra.compiled "$@"')
    made = Az(
        folder,
        cloud,
        BROWSER=f"{folder / 'browser'} %s &",
        first=folder,
        AZURE_BICEP_USE_BINARY_FROM_PATH="true",
        AZURE_CORE_LOGIN_EXPERIENCE_V2="false",
    )
    made.register()
    made(*words("az login --tenant <directory>", TENANT_ID))
    assert made("account", "show")["user"] == {"name": PERSON, "type": "user"}
    return made


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)


def long(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that runs `az`."""
    for mark in run_for_long:
        test = mark(test)
    return test


@long
@runs("az login", "az login --tenant <directory>")
def test_a_person_signs_in_with_and_without_a_directory(somebody: Az, cloud: dict[str, str]) -> None:
    assert somebody("account", "show")["tenantId"] == TENANT_ID
    somebody("logout")
    (account,) = somebody(*words("az login"))
    assert (account["id"], account["tenantId"], account["user"]["name"]) == (SUBSCRIPTION, TENANT_ID, PERSON)
    assert cloud


_REGISTER = (
    "az provider register --subscription <id> --namespace Microsoft.DesktopVirtualization --wait",
    "az provider register --subscription {subscription} --namespace {namespace} --wait",
    "az provider register --subscription {subscription} --namespace {missing[0]}",
)
_REGISTER_HERE = "az provider register --namespace {name} --wait"


@long
@runs(*_REGISTER, _REGISTER_HERE)
def test_providers_are_registered(somebody: Az) -> None:
    somebody(*words(_REGISTER_HERE, "Microsoft.App"))
    names = ("Microsoft.DesktopVirtualization", "Microsoft.Compute", "Microsoft.Network")
    for command, name in zip(_REGISTER, names, strict=True):
        somebody(*words(command, SUBSCRIPTION, name))
        assert somebody("provider", "show", "--namespace", name)["registrationState"] == "Registered"


_FOR_GROUPS = (
    "az deployment sub create --location westeurope --template-file infra/customer.bicep --parameters "
    "principalId=<object id of the service principal> resourceGroups='[\"<group of a site>\"]'"
)
_FOR_ALL = (
    "az deployment sub create --location <region> --template-file infra/customer.bicep --parameters "
    "principalId=<object id>"
)


@long
@runs(_FOR_GROUPS, _FOR_ALL)
def test_a_customer_gives_the_service_its_role_by_the_template(az: Az, somebody: Az) -> None:
    for command, values in ((_FOR_GROUPS, ("desks",)), (_FOR_ALL, ())):
        app = az("ad", "app", "create", "--display-name", f"Deskwright {len(values)}")["appId"]
        principal = az("ad", "sp", "create", "--id", app)["id"]
        place = () if values else ("westeurope",)
        typed = [each.replace("infra/", f"{ROOT}/infra/") for each in words(command, *place, principal, *values)]
        assert somebody(*typed)["properties"]["provisioningState"] == "Succeeded"
        held = az("role", "assignment", "list", "--all", "--assignee", principal)
        scopes = {each["scope"]: each.get("condition") for each in held}
        wanted = f"{SCOPE}/resourceGroups/desks" if values else SCOPE
        assert scopes[wanted] == customer_role.condition()


@long
@runs(
    "az functionapp stop --name <app> --resource-group <group>",
    "az functionapp start --name <app> --resource-group <group>",
)
def test_the_app_is_stopped_and_started(az: Az, somebody: Az, cloud: dict[str, str]) -> None:
    web = f"{cloud['url']}{SCOPE}/resourceGroups/desks/providers/Microsoft.Web"
    plan = f"{SCOPE}/resourceGroups/desks/providers/Microsoft.Web/serverfarms/plan"
    site = {**BODY, "properties": {**BODY["properties"], "serverFarmId": plan}}
    for path, body in (("serverfarms/plan", PLAN_BODY), ("sites/desk-app", site)):
        az("rest", "--method", "put", "--url", f"{web}/{path}?api-version=2024-04-01", "--body", json.dumps(body))
    for verb, state in (("stop", "Stopped"), ("start", "Running")):
        somebody(*words(f"az functionapp {verb} --name <app> --resource-group <group>", "desk-app", "desks"))
        shown = az("rest", "--method", "get", "--url", f"{web}/sites/desk-app?api-version=2024-04-01")
        assert shown["properties"]["state"] == state


_TOKEN = "az account get-access-token --scope api://<DESKWRIGHT_API_CLIENT_ID>/.default"


@long
@runs(_TOKEN, "az ad app delete --id {found.client_id}")
def test_a_person_gets_a_token_of_the_registration_that_the_deployment_makes(
    az: Az, somebody: Az, cloud: dict[str, str], tmp_path: Path
) -> None:
    registered = _registered(az, cloud, tmp_path)
    given = somebody(*words(_TOKEN, registered["DESKWRIGHT_API_CLIENT_ID"]))
    claims = _claims(given["accessToken"])
    assert (claims["aud"], claims["scp"]) == (registered["DESKWRIGHT_API_CLIENT_ID"], "access_as_user")
    az(*words("az ad app delete --id {found.client_id}", registered["DESKWRIGHT_API_CLIENT_ID"]))
    left = {each["appId"] for each in az("ad", "app", "list", "--all")}
    assert registered["DESKWRIGHT_API_CLIENT_ID"] not in left


def _registered(az: Az, cloud: dict[str, str], folder: Path) -> dict[str, str]:
    """Run the deployment's first step with the real `az` on its PATH; return the values for the next step."""
    where = ("--environment", "test", "--location", "westeurope", "--subscription", SUBSCRIPTION, "--tenant", TENANT_ID)
    addresses = ("--graph-url", cloud["url"].replace("127.0.0.1", "localhost"), "--arm-url", cloud["url"])
    done = az.accompany([sys.executable, "-m", "deployment", "register", *where, *addresses], folder)
    assert done.returncode == 0, (done.stdout, done.stderr)
    (kept,) = folder.rglob(".env")
    rows = (line.partition("=") for line in kept.read_text("utf-8").splitlines())
    return {name: value.strip('"') for name, _, value in rows}


def _claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


@long
@runs(
    "az group list --tag deskwright-contract=delete-me --query [].name -o tsv",
    "az group delete --name <group> --yes",
)
def test_groups_that_a_run_has_left_are_listed_and_deleted(az: Az, somebody: Az) -> None:
    az("group", "create", "--name", "left", "--location", "westeurope", "--tags", "deskwright-contract=delete-me")
    listed = somebody.run(*words("az group list --tag deskwright-contract=delete-me --query [].name -o tsv"))
    assert (listed.returncode, json.loads(listed.stdout)) == (0, ["left"])
    somebody(*words("az group delete --name <group> --yes", "left"))
    assert az("group", "exists", "--name", "left") is False
