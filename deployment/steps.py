"""The steps of a deployment in their order; the hooks of azd and the command line call them.

1. `register`: the API's registration and the one of sign-in, before anything is in Azure: the template needs their
   ids; and the providers that a template does not register by itself.
2. `provision`: the template `infra/azd.bicep`, after its what-if. azd does that itself.
3. `connect`: what needs the template's outputs: the portal's address, Graph's permissions of the identity, its
   federation with the registration for customers.
4. `publish`: the package. azd does that itself.
5. `verify`: the service answers.

Before them `checks` judges what Azure would refuse.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from deployment import (
    administrators,
    consents,
    graph_permissions,
    ownership,
    packaging,
    parameters,
    providers,
    publishing,
    registrations,
    remote_desktop,
    templates,
)
from deployment.clients import Client, DeploymentError, Json
from deployment.environment import Environment
from deployment.ownership import Known
from deployment.registrations import Registered
from deployment.report import Report

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "infra" / "azd.bicep"
API, SIGN_IN, READER = "DESKWRIGHT_API_CLIENT_ID", "DESKWRIGHT_SIGN_IN_CLIENT_ID", "DESKWRIGHT_APP_CLIENT_ID"
PRINCIPAL, APP, URL = "SERVICE_API_IDENTITY_PRINCIPAL_ID", "SERVICE_API_NAME", "SERVICE_API_URI"
FOR_CUSTOMERS = "DESKWRIGHT_FOR_CUSTOMERS"
ADMINISTRATORS = "DESKWRIGHT_ADMINISTRATORS"
MARK, OWNERS = "DESKWRIGHT_REGISTRATION_MARK", "DESKWRIGHT_OWNERS"
"""A tag of the registrations that this deployment makes; the object ids of who may own them."""
PROVIDERS = ("Microsoft.App",)
"""Resource provider that the subnet is delegated to: no resource of the template belongs to it, and Azure does not
register it by itself.
"""
_LONGEST_S = 300.0
_BETWEEN_S = 5.0


@dataclass(frozen=True)
class Place:
    """An installation: its environment, and the services that its steps talk to."""

    environment: Environment
    graph: Client
    arm: Client
    authority: str = "https://login.microsoftonline.com"
    parameters: Path = parameters.FILE

    @property
    def title(self) -> str:
        """Prefix of its registrations' names: an environment of another name is another installation."""
        return "Deskwright" if self.environment.name == "deskwright" else f"Deskwright {self.environment.name}"

    @property
    def audience(self) -> str:
        """Sign-in audience: accounts of every organisation, or of the provider's only."""
        return "AzureADMultipleOrgs" if self.for_customers else "AzureADMyOrg"

    @property
    def for_customers(self) -> bool:
        """Return whether customers with a directory of their own are served."""
        return self.environment.get(FOR_CUSTOMERS, "false").lower() == "true"


def register(place: Place, report: Report) -> None:
    """Make or mend the registrations, and leave their ids to the template.

    Raises:
        DeploymentError: one of them is not this deployment's, or not in its hands alone.
    """
    environment, graph = place.environment, place.graph
    if not environment.get(MARK) and not report.dry:
        environment.set(MARK, f"deskwright-{uuid.uuid4()}")  # kept before anything is made with it
    deploys = ownership.caller(graph)
    api = registrations.ensure_api(graph, place.title, _known(place, API, deploys), report, audience=place.audience)
    _keep(place, API, api, deploys, report)
    known = _known(place, SIGN_IN, deploys)
    sign_in = registrations.ensure_sign_in(graph, f"{place.title} sign-in", known, api, report, audience=place.audience)
    _keep(place, SIGN_IN, sign_in, deploys, report)
    if place.for_customers:
        _, roles = graph_permissions.ids(graph)
        name, known = f"{place.title} for customers", _known(place, READER, deploys)
        reader = registrations.ensure_reader(graph, name, known, roles, report)
        _keep(place, READER, reader, deploys, report)
    subscription = environment.need("AZURE_SUBSCRIPTION_ID")
    for name, state in providers.ensure(place.arm, subscription, PROVIDERS, report):
        if state != "Registered" and not report.dry:
            raise DeploymentError(f"{name} is {state}: az provider register --namespace {name} --wait")


def connect(place: Place, report: Report) -> None:
    """Run the steps that need the template's outputs."""
    environment = place.environment
    principal = environment.need(PRINCIPAL)
    registrations.ensure_portal_address(place.graph, environment.need(SIGN_IN), environment.need(URL), report)
    sign_in, api = environment.need(SIGN_IN), environment.need(API)
    link = f"{place.authority}/{environment.need('AZURE_TENANT_ID')}/adminconsent?client_id={sign_in}"
    consents.ensure(place.graph, sign_in, api, link, report)
    graph_permissions.ensure(place.graph, principal, report)
    administrators.ensure(place.graph, environment.need(API), _listed(environment, ADMINISTRATORS), report)
    if place.for_customers:
        reader = registrations.registered(place.graph, environment.need(READER))
        issuer = f"{place.authority}/{environment.need('AZURE_TENANT_ID')}/v2.0"
        registrations.ensure_federation(place.graph, reader, issuer, principal, report)
    if not place.for_customers:
        report.say(f"Next, for each subscription in which Cloud PCs are built: {_next(place)}")
    sign_on = remote_desktop.ensure(place.graph, report)
    if sign_on.status != "passed":
        report.say(f"{sign_on.name}: {sign_on.found}. {sign_on.advice}")


def _next(place: Place) -> str:
    """Return the command that gives the identity its role where Cloud PCs are built."""
    environment = place.environment
    where = f"--tenant {environment.need('AZURE_TENANT_ID')} --subscription <id> --location <region>"
    return f"python -m deployment customer {where} --principal {environment.need(PRINCIPAL)}"


def plan(place: Place, template: Json) -> templates.Plan:
    """Return the deployment of the template with the environment's values."""
    environment = place.environment
    location = environment.need("AZURE_LOCATION")
    given: Json = {
        "environmentName": environment.name,
        "location": location,
        "apiClientId": environment.need(API),
        "signInClientId": environment.need(SIGN_IN),
        "appClientId": environment.get(READER),
        "signInDirectory": "organizations" if place.for_customers else environment.get("AZURE_TENANT_ID"),
        **parameters.given(environment, place.parameters),
    }
    declared = template.get("parameters") or {}
    asked = {name: value for name, value in given.items() if name in declared}
    name = f"deskwright-{environment.name}"
    return templates.Plan(environment.need("AZURE_SUBSCRIPTION_ID"), location, name, template, asked)


def _listed(environment: Environment, name: str) -> list[str]:
    """Return the values between the commas."""
    return [each.strip() for each in environment.get(name).split(",") if each.strip()]


def provision(place: Place, template: Json, report: Report, agreed: Callable[[], bool]) -> bool:
    """Show the planned changes, and deploy once somebody has agreed; return whether it was deployed."""
    wanted = plan(place, template)
    if not report.dry and (ended := templates.await_earlier(place.arm, wanted)):
        report.say(f"  an earlier run of this deployment went on in Azure; it has ended: {ended}")
    changes = [each for each in templates.what_if(place.arm, wanted, reads=report.dry) if each.matters]
    for each in changes:
        report.say(str(each))
    if not changes:
        report.say("  = every resource is as the template has it")
    if report.dry:
        report.changes += [f"{each.kind} {each.id}" for each in changes]
        return False
    if changes and not agreed():
        raise DeploymentError("Nothing was deployed: nobody has agreed. --yes deploys without asking.")
    for name, value in templates.deploy(place.arm, wanted).items():
        place.environment.set(name, str(value))
    report.changes += [f"{each.kind} {each.id}" for each in changes]
    return True


def publish(
    place: Place, site: Client, service: Client, report: Report, root: Path = ROOT, released: Path | None = None
) -> None:
    """Publish the package of a release or else of a checkout, unless the deployed package has the same contents.

    An app that does not answer may have been made anew since: it gets the package again.

    Raises:
        DeploymentError: there is no package, or the package lacks something.
    """
    package = packaging.released(released) if released else packaging.package(root)
    name = packaging.digest(package)
    if place.environment.get("SERVICE_API_PACKAGE") == name and _configuration(service) is not None:
        report.say("The package that runs has these contents.")
        return
    if not released and not packaging.has_byte_code():
        wanted = ".".join(map(str, packaging.RUNTIME))
        report.say(f"The package has no byte code, which Python {wanted} would write: cold starts take longer.")
    what = f"publish {len(package) / 1e6:.1f} MB to {place.environment.need(APP)}"
    report.change(what, lambda: publishing.publish(site, package))
    if not report.dry:
        place.environment.set("SERVICE_API_PACKAGE", name)


def verify(service: Client, report: Report) -> None:
    """Wait until the service returns the configuration that a portal needs.

    Raises:
        DeploymentError: it does not within five minutes.
    """
    ends, last = time.monotonic() + _LONGEST_S, list[str]()
    for _ in range(int(_LONGEST_S / _BETWEEN_S)):
        shown = _configuration(service, last)
        if shown is not None:
            report.say(f"{service.base} answers: {', '.join(sorted(shown))}")
            return
        if time.monotonic() > ends:
            break
        service.wait(_BETWEEN_S)
    raise DeploymentError(f"{service.base} does not answer: {last[-1]}. Its log says why (docs/operations.md).")


def _configuration(service: Client, refused: list[str] | None = None) -> Json | None:
    """Ask the service once for the portal's configuration; None and the reason if it gives none."""
    said = "it is no configuration of the service"
    try:
        shown = replace(service, tries=1).get("/api/configuration")
    except DeploymentError as problem:
        said, shown = str(problem), None
    if isinstance(shown, dict):
        return shown
    if refused is not None:
        refused.append(said)
    return None


def down(place: Place, report: Report) -> None:
    """Print the parts that stay when the resource group is gone, and how each is removed."""
    report.say("These stay, because they hold what cannot be made again, or are in directories:")
    for variable in (API, SIGN_IN, READER):
        known = place.environment.get(variable)
        shown = place.graph.find(f"/v1.0/applications(appId='{known}')") if known else None
        if shown is not None:
            found = Registered(known, shown["id"])
            report.say(f"  the registration '{shown['displayName']}': az ad app delete --id {found.client_id}")
    report.say("  the vault, deleted, for 90 days: purge protection keeps its name taken")
    report.say("  in each customer's directory the service principals of these registrations, and its consent")
    report.say("  in each customer's subscription the role 'Deskwright builder' and everything built there:")
    report.say("  let customers go before you remove the service (docs/deploy.md)")


def _known(place: Place, variable: str, deploys: frozenset[str]) -> Known:
    environment = place.environment
    return Known(environment.get(variable), environment.get(MARK), variable, deploys | {*_listed(environment, OWNERS)})


def _keep(place: Place, variable: str, made: Registered, deploys: frozenset[str], report: Report) -> None:
    """Record the id of a registration, and its owners and the deploying identities as accepted owners."""
    environment = place.environment
    if report.dry or environment.get(variable) == made.client_id:
        return
    known = {*_listed(environment, OWNERS)}
    if more := (deploys | {*ownership.owners(place.graph, made.client_id)}) - known:
        environment.set(OWNERS, ",".join(sorted(known | more)))
    environment.set(variable, made.client_id)
