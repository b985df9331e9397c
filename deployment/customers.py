"""Bring a customer in: consent, permissions, providers, roles, licences and quota, with a verdict for each.

The customer's administrator runs it, signed in in the customer's directory; for a subscription of the provider's own
directory the provider does, with the identity's object id. With a dry report it only judges.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from deployment import graph_permissions, providers, roles
from deployment.clients import Client, DeploymentError, Json, RefusedError
from deployment.report import Report

PROVIDERS = ("Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization")
_COMPUTE_VERSION = "2024-07-01"
_FORBIDDEN = frozenset({401, 403})


@dataclass(frozen=True)
class Customer:
    """Who is to be served: their services, and what the service is in their directory."""

    graph: Client
    arm: Client
    tenant: str
    subscription: str
    location: str
    client_id: str = ""
    """Of the registration *Deskwright for customers*; empty in the provider's own directory."""
    principal: str = ""
    """The identity's object id in the provider's own directory."""
    groups: Sequence[str] = field(default=())
    """Resource groups that are there already; none: the whole subscription."""
    cores: int = 8
    """How many cores the first Cloud PCs need."""
    authority: str = "https://login.microsoftonline.com"

    @property
    def consent_link(self) -> str:
        """Where the customer's administrator consents in a browser."""
        return f"{self.authority}/{self.tenant}/adminconsent?client_id={self.client_id}"


@dataclass(frozen=True)
class Verdict:
    """What one check has found; `advice` says what to do when it is not `good`."""

    name: str
    good: bool
    found: str
    advice: str = ""

    def __str__(self) -> str:
        """Write it in one line, and the advice in another."""
        line = f"  {'ok     ' if self.good else 'MISSING'}  {self.name}: {self.found}"
        return line if self.good else f"{line}\n           {self.advice}"


def bring_in(customer: Customer, report: Report) -> list[Verdict]:
    """Make what is missing as far as the caller may, and judge everything; nothing stops at the first fault."""
    found: list[Verdict] = []
    for check in (_consent, _permissions, _providers, _roles, _licences, _quota):
        found += _judged(check, customer, report)
    for each in found:
        report.say(str(each))
    return found


def _judged(
    check: Callable[[Customer, Report], Iterator[Verdict]], customer: Customer, report: Report
) -> list[Verdict]:
    try:
        return list(check(customer, report))
    except RefusedError as refused:
        advice = (
            f"Consent at {customer.consent_link}" if check in {_consent, _permissions} and customer.client_id else ""
        )
        if refused.status in _FORBIDDEN:
            advice = advice or "Sign in as somebody who may: Owner of the subscription, Global Reader of the directory."
        return [
            Verdict(check.__name__.strip("_"), good=False, found=f"{refused.code}: {refused.message}", advice=advice)
        ]


def principal_of(customer: Customer) -> str:
    """Return the object id of the service in the customer's directory; empty where it is not there."""
    if not customer.client_id:
        return customer.principal
    found = customer.graph.find(f"/v1.0/servicePrincipals(appId='{customer.client_id}')?$select=id")
    return str(found["id"]) if found else ""


def _consent(customer: Customer, report: Report) -> Iterator[Verdict]:
    if not principal_of(customer) and customer.client_id:
        body = {"appId": customer.client_id}
        what = f"make the service principal of {customer.client_id} in {customer.tenant}"
        report.change(what, lambda: customer.graph.send("POST", "/v1.0/servicePrincipals", body))
    principal = principal_of(customer)
    advice = f"Consent at {customer.consent_link}"
    yield Verdict("consent", bool(principal), principal or "the service is not in the directory", advice)


def _permissions(customer: Customer, report: Report) -> Iterator[Verdict]:
    principal = principal_of(customer)
    if not principal:
        return
    graph_permissions.ensure(customer.graph, principal, report)
    lacking = graph_permissions.missing(customer.graph, principal)
    advice = f"Consent at {customer.consent_link}" if customer.client_id else "Run 'python -m deployment connect'."
    yield Verdict("permissions", not lacking, f"lacks {', '.join(lacking)}" if lacking else "all of Graph's", advice)


def _providers(customer: Customer, report: Report) -> Iterator[Verdict]:
    for name, state in providers.ensure(customer.arm, customer.subscription, PROVIDERS, report):
        yield Verdict(name, state == "Registered", state, f"az provider register --namespace {name} --wait")


def _roles(customer: Customer, report: Report) -> Iterator[Verdict]:
    principal = principal_of(customer)
    if not principal:
        return
    before = len(report.changes)
    roles.ensure(customer.arm, customer.subscription, principal, customer.groups, report)
    lacking = report.changes[before:] if report.dry else []
    where = ", ".join(customer.groups) or "the whole subscription"
    found = f"lacks: {'; '.join(lacking)}" if lacking else f"those of infra/customer.bicep, for {where}"
    yield Verdict("roles", not lacking, found, "Run it without --dry-run, or deploy infra/customer.bicep.")


def _licences(customer: Customer, report: Report) -> Iterator[Verdict]:
    del report
    rows = [each for each in customer.graph.rows("/v1.0/subscribedSkus") if each["prepaidUnits"]["enabled"]]
    free = {each["skuPartNumber"]: each["prepaidUnits"]["enabled"] - each["consumedUnits"] for each in rows}
    listed = ", ".join(f"{name} {count} free" for name, count in sorted(free.items()))
    advice = "Buy the licences that the tenant's servicePlans name, or let the tenant count seats (docs/api.md)."
    yield Verdict("licences", bool(free), listed or "the directory has bought none", advice)


def _quota(customer: Customer, report: Report) -> Iterator[Verdict]:
    del report
    path = f"/subscriptions/{customer.subscription}/providers/Microsoft.Compute/locations/{customer.location}/usages"
    rows: list[Json] = list(customer.arm.rows(f"{path}?api-version={_COMPUTE_VERSION}"))
    free = {each["name"]["value"]: each["limit"] - each["currentValue"] for each in rows}
    if "cores" not in free:
        raise DeploymentError(f"Compute shows no quota of cores in {customer.location}.")
    families = [name for name, count in free.items() if name.endswith("Family") and count >= customer.cores]
    good = free["cores"] >= customer.cores and bool(families)
    found = f"{free['cores']} cores free in {customer.location}; families with {customer.cores}: {len(families)}"
    yield Verdict("quota", good, found, "Request more: Azure portal, Quotas, Compute; or choose another region.")


def let_go(customer: Customer, report: Report) -> list[Verdict]:
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
    found = [Verdict("rights", not left, "none left" if not left else f"{left} is still there", "Run it again.")]
    for each in found:
        report.say(str(each))
    return found
