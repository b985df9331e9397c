"""The setup of a failure scenario: a tenant with a healthy connection, and users who wait for Cloud PCs.

A scenario's ``setting`` has: ``users`` (their exact number), ``tenant`` (its settings), ``site`` (more properties of
it), ``join: hybrid``, ``network`` (the address range of the customer's own network), ``policies`` (how many policies
target all users), ``policy`` (their settings), ``crowd`` (a number of further users without a licence, in a nested
group), ``kills`` (how often the host is killed), ``lasts`` (it is over only when everything is as expected, not when
all users have their Cloud PC), ``then`` (an ``action`` that an administrator starts on every Cloud PC once all are
provisioned; for ``resize`` with the ``licence`` that replaces the users' licence). Everything is done over HTTP.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from azure_simulator.seeds import DOMAIN, PLANS, TENANT_ID

from local.portal import Portal
from local.stack import Stack

Json = dict[str, Any]

PLAN = PLANS[1]
GALLERY_IMAGE = "microsoftwindowsdesktop_windows-ent-cpc_win11-24h2-ent-cpc-m365"
FOREST = f"corp.{DOMAIN}"
UNIT = "OU=CloudPC," + ",".join(f"DC={part}" for part in FOREST.split("."))
PASSWORD = "demo-join-password"  # noqa: S105 - opens nothing real
_PLENTY = 100_000
_ENDED = frozenset({"succeeded", "failed", "canceled"})
# All tenants of a stack share one directory: reads for one of them slow down the others.
_QUIET = {"directoryCatchUpInMinutes": 10_080, "orphanScanInHours": 720}
_NETWORK = "Microsoft.Network/virtualNetworks/corp"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A tenant of its own for one scenario; ``tenant`` is its slug and part of every name in it."""

    stack: Stack
    portal: Portal
    setting: Mapping[str, Any]
    tenant: str
    users: int
    say: Callable[[str], None] = print

    @property
    def base(self) -> str:
        """The tenant's address."""
        return f"/tenants/{self.tenant}"

    @property
    def graph(self) -> str:
        """The address of its Graph-shaped resources."""
        return f"{self.base}/beta/deviceManagement/virtualEndpoint"

    @property
    def subscription(self) -> str:
        """The Azure subscription that it builds in."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.tenant}.{DOMAIN}"))

    @property
    def network(self) -> str:
        """The id of the customer's own network."""
        return f"/subscriptions/{self.subscription}/resourceGroups/net/providers/{_NETWORK}"

    @property
    def account(self) -> str:
        """The account that joins machines to the domain."""
        return f"corp\\join-{self.tenant}"

    def upn(self, number: int) -> str:
        """The user principal name of a user."""
        return f"{self.tenant}{number:02d}@{DOMAIN}"

    @property
    def people(self) -> frozenset[str]:
        """The user principal names of this scenario's users; the directory has others."""
        return frozenset(self.upn(number) for number in range(1, self.users + 1))

    def prepare(self) -> dict[str, str]:
        """Create everything except the Cloud PCs; return the values of the placeholders of a scenario."""
        self.say(f"Tenant {self.tenant} with a connection, a policy and {self.users} licensed people")
        connection = self.open()
        groups = [self.directory_group(f"staff {number}") for number in range(self.setting.get("policies", 1))]
        policies = [self._policy(f"Everybody {number}", connection) for number in range(len(groups))]
        cast = {
            "subscription": self.subscription,
            "tenant": self.tenant,
            "resourceGroup": f"pcs-{self.tenant}",
            "network": self.network,
            "domain": FOREST,
            "account": self.account,
            "joinPassword": self._join_secret(connection),
            "connection": connection,
        }
        cast |= {f"policy{number}": policy for number, policy in enumerate(policies)}
        cast |= {f"group{number}": group for number, group in enumerate(groups)}
        return cast | {f"user{number}": self.upn(number) for number in range(1, self.users + 1)}

    def _join_secret(self, connection: str) -> str:
        """Return the name of the secret with the join password, or "" without a domain: its end is random."""
        written = self.stack.ask_cloud("requests?op=secret.set&limit=20000")
        names = [str(each["path"]).rpartition("/")[2] for each in written]
        return next((each for each in reversed(names) if each.startswith(f"join-{self.tenant}-{connection}-")), "")

    def open(self) -> str:
        """Create the people, the tenant with its site, and the connection; return the connection's id."""
        self._people()
        self._tenant()
        return self._connection()

    def order(self, cast: Mapping[str, str]) -> None:
        """Assign every policy to its group, which starts all builds."""
        for number in range(self.setting.get("policies", 1)):
            target = {"target": {"groupId": cast[f"group{number}"]}}
            path = f"{self.graph}/provisioningPolicies/{cast[f'policy{number}']}/assign"
            self.portal.ask("POST", path, {"assignments": [target]})

    def act(self) -> list[str]:
        """Start the ``then`` action on every Cloud PC; return the addresses of the operations."""
        then = self.setting["then"]
        licence = then.get("licence")
        body = {"targetServicePlanId": self._plan_id(licence)} if licence else None
        listed = [pc for pc in self.portal.pages(f"{self.graph}/cloudPCs") if pc["userPrincipalName"] in self.people]
        self.say(f"{then['action']} of {len(listed)} Cloud PCs")
        asked = [self.portal.ask("POST", f"{self.graph}/cloudPCs/{pc['id']}/{then['action']}", body) for pc in listed]
        if licence:
            for upn in sorted(self.people):
                self.stack.tell_cloud("graph/licences", {"user": upn, "take": [PLAN], "give": [licence]})
        return [urlsplit(answer.headers["operation-location"]).path.removeprefix("/api") for answer in asked]

    def _plan_id(self, licence: str) -> str:
        self.stack.tell_cloud("graph/licences", {"sku": licence, "enabled": _PLENTY})
        plans = self.portal.pages(f"{self.graph}/servicePlans")
        return next(str(plan["id"]) for plan in plans if plan["@deskwright.skuPartNumber"] == licence)

    def has_ended(self, operations: Iterable[str]) -> bool:
        """Return whether operations have ended, successfully or not."""
        return all(self.portal.ask("GET", each).body["status"] in _ENDED for each in operations)

    def leave(self) -> None:
        """Stop the tenant's reads of the directory: other scenarios follow."""
        self.portal.ask("PATCH", self.base, {"settings": _QUIET})

    def do(self, method: str, path: str, body: object) -> None:
        """Change something in the simulated Azure, as the customer's administrator would."""
        event = self.stack.tell_cloud("events", {"do": [{"method": method, "path": path, "body": body}]})
        for done in event["cameTo"]:
            if "error" in done:
                raise ValueError(f"{method} {path}: {done['error']}")

    def _people(self) -> None:
        self.stack.tell_cloud("graph/licences", {"sku": PLAN, "enabled": _PLENTY})
        for number in range(1, self.users + 1):
            person = {"userPrincipalName": self.upn(number), "displayName": f"{self.tenant.title()} {number:02d}"}
            self.stack.tell_cloud("graph/users", {**person, "licences": [PLAN]})

    def directory_group(self, name: str) -> str:
        """Create a group of all people, with the ``crowd`` in a group within it; return its id."""
        group = self.stack.tell_cloud("graph/groups", {"displayName": f"{self.tenant} {name}"})
        self.stack.tell_cloud("graph/members", {"group": group["id"], "add": sorted(self.people)})
        if crowd := self.setting.get("crowd", 0):
            self.stack.tell_cloud("graph/members", {"group": group["id"], "add": [self._crowd(name, crowd)]})
        return str(group["id"])

    def _crowd(self, name: str, count: int) -> str:
        """Create a group of users without licences; return its id."""
        self.say(f"{count} more people in a group within the group")
        group = self.stack.tell_cloud("graph/groups", {"displayName": f"{self.tenant} {name}: the others"})
        people = [f"{self.tenant}-other{number:05d}@{DOMAIN}" for number in range(count)]
        for upn in people:
            self.stack.tell_cloud("graph/users", {"userPrincipalName": upn, "displayName": upn.partition("@")[0]})
        self.stack.tell_cloud("graph/members", {"group": group["id"], "add": people})
        return str(group["id"])

    def _tenant(self) -> None:
        body = {
            "id": self.tenant,
            "displayName": self.tenant.title(),
            "entraTenantId": TENANT_ID,
            "subscriptionId": self.subscription,
            "settings": {**_QUIET, **self.setting.get("tenant", {})},
        }
        self.portal.ask("POST", "/tenants", body)
        place = {"displayName": "Main", "region": "westeurope", "resourceGroup": f"pcs-{self.tenant}"}
        self.portal.ask("PUT", f"{self.base}/sites/main", {**place, **self.setting.get("site", {})})

    def _connection(self) -> str:
        credentials: Json = {"joinType": "azureADJoin", "network": "hosted"}
        if "network" in self.setting or self.setting.get("join") == "hybrid":
            self._own_network()
            subnet = f"{self.network}/subnets/cloudpcs"
            credentials["network"] = {"virtualNetworkId": self.network, "subnetIds": [subnet]}
        if self.setting.get("join") == "hybrid":
            account = {"name": self.account, "password": PASSWORD}
            self.stack.tell_cloud("seed", {"domains": [{"name": FOREST, "accounts": [account]}]})
            credentials |= {"joinType": "hybridAzureADJoin", "domain": self._domain()}
        form = {"site": {"siteId": "main"}, "credentials": credentials, "name": {"displayName": "Main"}}
        saved = self.portal.ask("POST", f"{self.base}/wizards/create-connection", form)
        return str(self.portal.finish(saved)["resourceId"])

    def _domain(self) -> Json:
        return {
            "adDomainName": FOREST,
            "organizationalUnit": UNIT,
            "adDomainUsername": self.account,
            "adDomainPassword": PASSWORD,
        }

    def _own_network(self) -> None:
        group = self.network.partition("/providers/")[0]
        prefix = self.setting.get("network", "10.50.0.0/24")
        subnet = {"name": "cloudpcs", "properties": {"addressPrefix": prefix}}
        properties = {"addressSpace": {"addressPrefixes": ["10.50.0.0/16"]}, "subnets": [subnet]}
        self.do("PUT", f"{group}?api-version=2021-04-01", {"location": "westeurope"})
        body = {"location": "westeurope", "properties": properties}
        self.do("PUT", f"{self.network}?api-version=2026-03-01", body)

    def _policy(self, name: str, connection: str) -> str:
        """Save a policy without an assignment."""
        nobody = self.stack.tell_cloud("graph/groups", {"displayName": f"{self.tenant} {name}: nobody yet"})
        form = {
            "connection": {"connectionIds": [connection]},
            "image": {"imageType": "gallery", "imageId": GALLERY_IMAGE},
            "configuration": self.setting.get("policy", {}),
            "groups": {"groupIds": [nobody["id"]]},
            "detail": {"displayName": name},
        }
        saved = self.portal.ask("POST", f"{self.base}/wizards/create-provisioning-policy", form)
        return str(saved.body["id"])
