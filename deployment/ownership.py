"""Ownership of an app registration: created by this deployment or named to it, and with no other owners.

Anybody who may register applications may give one any name. So none is taken for ours by its name: by its id, or by the
mark that this deployment has kept before it made the registration. Who owns a registration, or has a credential of it,
can enter whatever it opens: both are judged at each run. Source:
https://learn.microsoft.com/entra/identity-platform/security-best-practices-for-app-registration
"""

from collections.abc import Iterator
from dataclasses import dataclass

from deployment.clients import Client, DeploymentError, Json, RefusedError

FEDERATED = "deskwright"
"""The name of the only credential that a registration of ours has: the service's identity may be the reader."""
_AUDIENCES = frozenset({"AzureADMyOrg", "AzureADMultipleOrgs"})
_NOT_DELEGATED = 400


@dataclass(frozen=True)
class Known:
    """Facts that a deployment has before it creates or repairs a registration.

    *client_id*: of the one that it has made or was told; empty before that. *mark*: a tag of those that it makes, which
    nobody can know before. *variable*: what holds the id. *owners*: the object ids of who may own it.
    """

    client_id: str
    mark: str
    variable: str
    owners: frozenset[str]


def find(graph: Client, name: str, known: Known) -> Json | None:
    """Return the registration of a deployment; None before it was made.

    Raises:
        DeploymentError: it is gone, or somebody else has made one of its name.
    """
    if known.client_id:
        try:
            told: Json = graph.awaited(f"/v1.0/applications(appId='{known.client_id}')")
        except RefusedError as refused:
            if refused.status != 404:  # noqa: PLR2004 - HTTP's
                raise
            raise DeploymentError(
                f"The directory has no application {known.client_id}, which {known.variable} names: correct it, or "
                "take it away, so that one is made."
            ) from refused
        return told
    quoted = name.replace("'", "''")
    named = list(graph.rows(f"/v1.0/applications?$filter=displayName eq '{quoted}'"))
    found = [each for each in named if known.mark and known.mark in (each.get("tags") or ())]
    if len(found) == 1:
        return found[0]
    if named:
        ids = ", ".join(each["appId"] for each in named)
        many = "1 application is" if len(named) == 1 else f"{len(named)} applications are"
        raise DeploymentError(
            f"{many} named '{name}' ({ids}), and this deployment has made none: anybody may take a name. If it is of "
            f"an earlier deployment of yours, say so: {known.variable}=<id>. Else choose another --environment."
        )
    return None


def caller(graph: Client) -> frozenset[str]:
    """Return the object id of the person who deploys; nothing for an application."""
    try:
        person = graph.get("/v1.0/me?$select=id")
        return frozenset({str(person["id"])} if "id" in person else ())
    except RefusedError as refused:
        if refused.status != _NOT_DELEGATED:
            raise
        return frozenset()


def owners(graph: Client, client_id: str) -> dict[str, str]:
    """Return the names of the owners of a registration or its service principal, by their object ids."""
    found: dict[str, str] = {}
    for path in (f"/v1.0/applications(appId='{client_id}')", f"/v1.0/servicePrincipals(appId='{client_id}')"):
        if graph.find(path) is not None:
            found |= {each["id"]: _called(each) for each in graph.rows(f"{path}/owners")}
    return found


def judge(graph: Client, name: str, found: Json, known: Known) -> None:
    """Check that nobody else can act as a registration.

    Raises:
        DeploymentError: somebody besides this deployment, or everybody with an account of Microsoft.
    """
    wrong = [*_credentials(graph, found)]
    wrong += [
        f"{called} ({key}) owns it: take that away, or accept it by DESKWRIGHT_OWNERS (ids, separated by commas)"
        for key, called in owners(graph, found["appId"]).items()
        if key not in known.owners
    ]
    if found.get("signInAudience") not in _AUDIENCES:
        wrong.append(f"its audience is {found.get('signInAudience')}: personal accounts of Microsoft are nobody's here")
    if wrong:
        said = "".join(f"\n  {each}" for each in wrong)
        raise DeploymentError(f"The application '{name}' ({found['appId']}) is not in your hands alone:{said}")


def _credentials(graph: Client, found: Json) -> Iterator[str]:
    """Yield the faults of credentials: a registration of ours has no secret and no certificate."""
    principal = graph.find(f"/v1.0/servicePrincipals(appId='{found['appId']}')") or {}
    for what, holder in (("it", found), ("its service principal", principal)):
        for kind, names in (("secret", "passwordCredentials"), ("certificate", "keyCredentials")):
            for each in holder.get(names) or ():
                called = each.get("displayName") or each.get("keyId")
                yield f"{what} has a {kind}, '{called}': who has that acts as it; delete it"
    for each in graph.rows(f"/v1.0/applications/{found['id']}/federatedIdentityCredentials"):
        if each["name"] != FEDERATED:
            yield f"it trusts {each['subject']} of {each['issuer']} ('{each['name']}'): delete that credential"


def _called(owner: Json) -> str:
    return str(owner.get("userPrincipalName") or owner.get("displayName") or "somebody")
