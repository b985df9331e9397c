"""Create Connection: site, credentials, name, review; saving ends in the health check."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from shared.domain.networks.connection import Connection, JoinType
from shared.domain.tenants.places import site_problems
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, Value, amount
from shared.domain.wizards.fields import (
    DomainName,
    JoinAccount,
    JoinPassword,
    Name,
    NetworkId,
    OrganizationalUnit,
    SubnetId,
    name_taken,
)
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, ReviewWarning, WarningCode, review
from shared.errors import Problem

NAME_TAKEN = Problem("/name/displayName", "a connection of this name exists; choose another", "name")
MOST_SUBNETS = 10
_GUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class ConnectionSiteStep(Value):
    """The site. *subscription_id*: the tenant's own when left out."""

    site_id: Id = Field(title="Site", description="The site whose region and network are used.")
    subscription_id: str | None = Field(
        None,
        pattern=_GUID,
        max_length=36,
        title="Subscription",
        description="Where the Cloud PCs are built; the tenant's own when left out.",
    )


class CustomerNetwork(Value):
    """The customer's own virtual network and the subnets to use, in order."""

    virtual_network_id: NetworkId = Field(
        title="Virtual network",
        description="The customer's own network, with a way to the domain's controllers for a hybrid join.",
    )
    subnet_ids: tuple[SubnetId, ...] = Field(
        min_length=1, max_length=MOST_SUBNETS, title="Subnets", description="Tried in this order."
    )


class DomainStep(Value):
    """The domain of a hybrid join. *ad_domain_password* goes to Key Vault and is never shown again."""

    ad_domain_name: DomainName = Field(title="Domain", description="The full DNS name of the Active Directory domain.")
    organizational_unit: OrganizationalUnit | None = Field(
        None,
        title="Organizational unit",
        description="Where computer accounts are made, as a distinguished name; the domain's default when left out.",
    )
    ad_domain_username: JoinAccount = Field(
        title="Join account",
        description="An account that may join computers and does nothing else: domain\\user or user@domain.",
    )
    ad_domain_password: JoinPassword = Field(
        repr=False,
        json_schema_extra={"writeOnly": True},
        title="Password",
        description="Stored in Key Vault and never shown again.",
    )


class CredentialsStep(Value):
    """Join of Cloud PCs to the directory, and their network; "hosted" when left out."""

    join_type: JoinType = Field(
        title="Join type", description="Hybrid join needs a domain and the customer's own network."
    )
    network: CustomerNetwork | None = Field(
        None, description="The hosted network, or the customer's own network.", title="Network"
    )
    domain: DomainStep | None = Field(
        None, title="Domain join", description="The domain and its join account, for a hybrid join only."
    )


class ConnectionNameStep(Value):
    """The name of the connection."""

    display_name: Name = Field(title="Name", description="The name must be unique.")


CREATE_CONNECTION = Wizard(
    "create-connection",
    "Create Connection",
    (
        WizardStep("site", "Select", ConnectionSiteStep, "The site whose network and region the Cloud PCs use."),
        WizardStep(
            "credentials",
            "Choose Credentials",
            CredentialsStep,
            "A hybrid join needs a domain join account; use one that does nothing else.",
            words={"network": {"hosted": None}},
        ),
        WizardStep("name", "Connection Detail", ConnectionNameStep),
        WizardStep(REVIEW, "Review and Save Configuration", hint="Saving ends in the health check."),
    ),
)


class ConnectionFacts(Value):
    """Existing records, and the caller's choices.

    *any_subscription*: the provider may name every subscription. Others may name the tenant's own and those that its
    connections use: the service can reach the subscriptions of all tenants, and must not reach one for another.
    """

    sites: tuple[Site, ...]
    connections: tuple[Connection, ...]
    subscription_id: str
    any_subscription: bool = False

    def may_use(self, subscription_id: str) -> bool:
        """Whether the caller may have Cloud PCs built in a subscription."""
        own = {self.subscription_id, *(connection.subscription_id for connection in self.connections)}
        return self.any_subscription or subscription_id in own


def review_connection(
    form: Mapping[str, Any], facts: ConnectionFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it."""
    reading = CREATE_CONNECTION.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    warnings, forecast = _warnings(reading, facts), _forecast(reading, facts)
    reviewed = review(CREATE_CONNECTION, through_step, problems, warnings, forecast)
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: ConnectionFacts) -> list[Problem]:
    found: list[Problem] = []
    site = reading.value("site", ConnectionSiteStep)
    if site and site.site_id not in {s.id for s in facts.sites}:
        found.append(Problem("/site/siteId", "there is no such site", "site"))
    chosen = next((s for s in facts.sites if site and s.id == site.site_id), None)
    found += [
        Problem("/site/siteId", f"the site cannot be built in: {wrong.pointer[1:]} {wrong.message}", "site")
        for wrong in (site_problems(chosen) if chosen else ())
    ]
    subscription_id = (site and site.subscription_id) or facts.subscription_id
    if not facts.may_use(subscription_id):
        message = "only the provider may choose a subscription that is not the tenant's own"
        found.append(Problem("/site/subscriptionId", message, "site"))
    credentials = reading.value("credentials", CredentialsStep)
    if credentials:
        wrong = _credential_problems(credentials, subscription_id)
        found.extend(Problem(f"/credentials{pointer}", message, "credentials") for pointer, message in wrong)
    name = reading.value("name", ConnectionNameStep)
    if name and name_taken(name.display_name, (c.display_name for c in facts.connections)):
        found.append(NAME_TAKEN)
    return found


def _credential_problems(credentials: CredentialsStep, subscription_id: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if credentials.network:
        if credentials.network.virtual_network_id.split("/")[2].lower() != subscription_id.lower():
            found.append(("/network/virtualNetworkId", "the network is not in the connection's subscription"))
        inside = f"{credentials.network.virtual_network_id}/subnets/".lower()
        found += [
            (f"/network/subnetIds/{n}", "the subnet is not in the virtual network")
            for n, subnet in enumerate(credentials.network.subnet_ids)
            if not subnet.lower().startswith(inside)
        ]
    if credentials.join_type is JoinType.AZURE_AD_JOIN:
        return [
            *found,
            *([("/domain", "leave it out: a Microsoft Entra join has no domain")] if credentials.domain else []),
        ]
    if credentials.network is None:
        found.append(
            ("/network", "name the customer's own network: a hosted one has no domain controller for a hybrid join")
        )
    if credentials.domain is None:
        return [*found, ("/domain", "required: a hybrid join needs the domain and the account that joins it")]
    return found


def _warnings(reading: Reading, facts: ConnectionFacts) -> list[ReviewWarning]:
    credentials = reading.value("credentials", CredentialsStep)
    if credentials is None or credentials.domain is None:
        return []
    account = credentials.domain.ad_domain_username.casefold()
    sharing = [
        c.display_name for c in facts.connections if c.domain and c.domain.ad_domain_username.casefold() == account
    ]
    if not sharing:
        return []
    return [
        ReviewWarning(
            concern=WarningCode.SHARED_JOIN_ACCOUNT,
            step="credentials",
            message="The same join account is used by another connection; an account of its own is safer.",
            details={"connections": sharing},
        )
    ]


def _forecast(reading: Reading, facts: ConnectionFacts) -> Forecast | None:
    site, credentials = reading.value("site", ConnectionSiteStep), reading.value("credentials", CredentialsStep)
    chosen = next((s for s in facts.sites if site and s.id == site.site_id), None)
    if chosen is None or credentials is None:
        return None
    if credentials.network is None:
        what = f"The hosted network of {chosen.region} is made ready, and the health checks run."
    else:
        what = (
            f"The health checks run against {amount(len(credentials.network.subnet_ids), 'subnet')}, and a temporary "
            "VM tries from inside what a Cloud PC has to do: some ten minutes."
        )
    return Forecast(
        summary=what, details={"siteId": chosen.id, "region": chosen.region, "joinType": credentials.join_type.value}
    )
