"""Bring a customer in: consent, permissions, providers, roles, sign-on, licences, quota, with a verdict for each.

The customer's administrator runs it, signed in in the customer's directory; for a subscription of the provider's own
directory the provider does, with the identity's object id. With a dry report it only judges.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from deployment import graph_permissions, providers, remote_desktop, roles
from deployment.clients import Client, DeploymentError, Json, RefusedError
from deployment.report import Report
from shared.domain.tenants import needs
from shared.domain.tenants.needs import PROVIDERS, Licence, NeedVerdict

_COMPUTE_VERSION = "2024-07-01"
_FORBIDDEN = frozenset({401, 403})
_READS = "Sign in as somebody who may: Reader of the subscription, Global Reader of the directory."
_WRITES_ROLES = (
    "A role definition is written by Owner or User Access Administrator of the subscription; Role Based Access Control "
    "Administrator may only assign it. With Privileged Identity Management: activate the role first."
)


@dataclass(frozen=True)
class Customer:
    """A customer to serve: clients of their services, and the service's identity in their directory."""

    graph: Client
    arm: Client
    tenant: str
    subscription: str
    location: str
    client_id: str = ""
    """Client id of the registration *Deskwright for customers*; empty in the provider's own directory."""
    principal: str = ""
    """The identity's object id in the provider's own directory."""
    groups: Sequence[str] = field(default=())
    """Existing resource groups; if empty, the whole subscription."""
    settings: Json = field(default_factory=dict)
    """Settings of the tenant, named as in the API: `licenceSource`, `seats`, `servicePlans`."""
    authority: str = "https://login.microsoftonline.com"

    @property
    def consent_link(self) -> str:
        """Address at which the customer's administrator gives consent in a browser."""
        return f"{self.authority}/{self.tenant}/adminconsent?client_id={self.client_id}"


def bring_in(customer: Customer, report: Report) -> list[NeedVerdict]:
    """Create missing resources as far as the caller may, and judge everything; nothing stops at the first fault."""
    found: list[NeedVerdict] = []
    for check in (_consent, _permissions, _providers, _roles, _single_sign_on, _licences, _quota):
        found += _judged(check, customer, report)
    for each in found:
        report.say(written(each))
    return found


def written(verdict: NeedVerdict) -> str:
    """Write a verdict in one line, and its advice in another."""
    line = f"  {verdict.status:7}  {verdict.name}: {verdict.found}"
    return f"{line}\n           {verdict.advice}" if verdict.status != "passed" else line


def _judged(
    check: Callable[[Customer, Report], Iterator[NeedVerdict]], customer: Customer, report: Report
) -> list[NeedVerdict]:
    try:
        return list(check(customer, report))
    except RefusedError as refused:
        advice = (
            f"Consent at {customer.consent_link}" if check in {_consent, _permissions} and customer.client_id else ""
        )
        if refused.status in _FORBIDDEN:
            advice = advice or (_WRITES_ROLES if check is _roles else _READS)
        return [NeedVerdict(check.__name__.strip("_"), "failed", f"{refused.code}: {refused.message}", advice)]


def principal_of(customer: Customer) -> str:
    """Return the object id of the service in the customer's directory; empty where it is not there."""
    if not customer.client_id:
        return customer.principal
    found = customer.graph.find(f"/v1.0/servicePrincipals(appId='{customer.client_id}')?$select=id")
    return str(found["id"]) if found else ""


def _consent(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    if not principal_of(customer) and customer.client_id:
        body = {"appId": customer.client_id}
        what = f"make the service principal of {customer.client_id} in {customer.tenant}"
        report.change(what, lambda: customer.graph.send("POST", "/v1.0/servicePrincipals", body))
    principal = principal_of(customer)
    advice = f"Consent at {customer.consent_link}"
    if principal:
        yield NeedVerdict("consent", "passed", principal)
    else:
        yield NeedVerdict("consent", "failed", "the service is not in the directory", advice)


def _permissions(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    principal = principal_of(customer)
    if not principal:
        return
    graph_permissions.ensure(customer.graph, principal, report)
    lacking = graph_permissions.missing(customer.graph, principal)
    wanted = graph_permissions.wanted()
    advice = f"Consent at {customer.consent_link}" if customer.client_id else "Run 'python -m deployment connect'."
    yield needs.judge_permissions(wanted, set(wanted) - set(lacking), advice)


def _providers(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    for name, state in providers.ensure(customer.arm, customer.subscription, PROVIDERS, report):
        yield needs.judge_provider(name, state, customer.subscription)


def _roles(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    principal = principal_of(customer)
    if not principal:
        return
    before = len(report.changes)
    roles.ensure(customer.arm, customer.subscription, principal, customer.groups, report)
    lacking = report.changes[before:] if report.dry else []
    where = ", ".join(customer.groups) or "the whole subscription"
    if lacking:
        advice = "Run it without --dry-run, or deploy infra/customer.bicep."
        yield NeedVerdict("role", "failed", f"lacks: {'; '.join(lacking)}", advice)
    else:
        yield NeedVerdict("role", "passed", f"that of infra/customer.bicep, for {where}")


def _single_sign_on(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    yield remote_desktop.ensure(customer.graph, report)


def _licences(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    del report
    if _counts_seats(customer):
        yield needs.judge_seats(customer.settings.get("seats", {}), _bought(customer))
        return
    bought = _skus(customer)
    licences = _licences_of(customer, bought)
    known = {each.part_number for each in licences}
    others = [name for name in bought if name not in known]
    yield needs.judge_licences(licences, others, customer.settings.get("servicePlans", {}))


def _quota(customer: Customer, report: Report) -> Iterator[NeedVerdict]:
    del report
    path = f"/subscriptions/{customer.subscription}/providers/Microsoft.Compute/locations/{customer.location}/usages"
    rows: list[Json] = list(customer.arm.rows(f"{path}?api-version={_COMPUTE_VERSION}"))
    free = {each["name"]["value"]: each["limit"] - each["currentValue"] for each in rows}
    if needs.CORES not in free:
        raise DeploymentError(f"Compute shows no quota of cores in {customer.location}.")
    yield needs.judge_quota(customer.location, free, _bought(customer))


def _bought(customer: Customer) -> list[Licence]:
    """Return the licences, or the seats, that give Cloud PCs."""
    counts_seats = _counts_seats(customer)
    return _licences_of(customer, customer.settings.get("seats", {}) if counts_seats else _skus(customer))


def _licences_of(customer: Customer, counted: Json) -> list[Licence]:
    """Return the counted licences that give Cloud PCs."""
    plans = customer.settings.get("servicePlans", {})
    found = (needs.licence_of(name, count, plans.get(name)) for name, count in sorted(counted.items()))
    return [each for each in found if each is not None]


def _skus(customer: Customer) -> dict[str, int]:
    """Return how many licences of each part number the directory has bought."""
    rows = customer.graph.rows("/v1.0/subscribedSkus")
    return {each["skuPartNumber"]: each["prepaidUnits"]["enabled"] for each in rows if each["prepaidUnits"]["enabled"]}


def _counts_seats(customer: Customer) -> bool:
    return bool(customer.settings.get("licenceSource") == "seats")


def let_go(customer: Customer, report: Report) -> list[NeedVerdict]:
    """Take every right of the service away: roles in the subscription, its place in the customer's directory.

    It comes last, after `leaving.empty`: without rights the service removes nothing any more.
    """
    principal = principal_of(customer)
    if principal:
        roles.remove(customer.arm, customer.subscription, principal, report)
    if principal and customer.client_id:
        path = f"/v1.0/servicePrincipals/{principal}"
        report.change(
            f"remove the service from the directory {customer.tenant}", lambda: customer.graph.send("DELETE", path)
        )
    left = "" if report.dry or not customer.client_id else principal_of(customer)
    still = NeedVerdict("rights", "failed", f"{left} is still there", "Run it again.")
    found = [still if left else NeedVerdict("rights", "passed", "none left")]
    for each in found:
        report.say(written(each))
    return found
