"""A small Virtual Desktop office in the simulated cloud of `in_process`: a pool, its hosts, users with their roles."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure_simulator.graph.directory.first_party import VIRTUAL_DESKTOP
from azure_simulator.graph.directory.records import derived_id

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SEED, SUB, VMS, InProcessCloud, open_cloud

DESKS = f"{GROUP}/providers/Microsoft.DesktopVirtualization"
POOL = f"{DESKS}/hostPools/desks"
APPS = f"{DESKS}/applicationGroups/desks-dag"
POOLED = {"hostPoolType": "Pooled", "loadBalancerType": "BreadthFirst", "preferredAppGroupType": "Desktop"}
PERSONAL = {"hostPoolType": "Personal", "loadBalancerType": "Persistent", "preferredAppGroupType": "Desktop"}
USES, SIGNS_IN = "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63", "fb879df8-f326-4884-b1cf-06f3ad86be52"
STARTS = "489581de-a3bd-480d-9518-53dea7416b33"
ENTRA = {"publisher": "Microsoft.Azure.ActiveDirectory", "type": "AADLoginForWindows", "typeHandlerVersion": "2.0"}
SERVICE = derived_id(str(SEED["tenants"][0]["tenantId"]), "principal", VIRTUAL_DESKTOP)
"""Azure Virtual Desktop's service principal in the directory."""


class Office:
    """A pool `desks` with an application group in a workspace; members of the group `staff` may use it."""

    def __init__(self, users: int = 3, *, kind: Any = None, journal: Path | None = None, **pool: Any) -> None:
        self.app: InProcessCloud = open_cloud("instant", journal)
        self.app.sim("POST", "config", {"anyPrincipalExists": True})
        self.subnet = self.app.create_network()
        self.app.request("PUT", POOL, {"location": REGION, "properties": {**(kind or POOLED), **pool}})
        shared = {"hostPoolArmPath": POOL, "applicationGroupType": "Desktop"}
        self.app.request("PUT", APPS, {"location": REGION, "properties": shared})
        shows = {"applicationGroupReferences": [APPS]}
        self.app.request("PUT", f"{DESKS}/workspaces/desks-ws", {"location": REGION, "properties": shows})
        self.users = [f"user{number}@a.example" for number in range(1, users + 1)]
        for user in self.users:
            self.app.sim("POST", "graph/users", {"userPrincipalName": user})
        staff = self.app.sim("POST", "graph/groups", {"displayName": "staff"})
        self.app.sim("POST", "graph/members", {"group": "staff", "add": self.users})
        self.staff = str(staff["id"])
        self.grant(APPS, USES, self.staff)
        self.grant(GROUP, SIGNS_IN, self.staff)

    def grant(self, scope: str, role: str, principal: str, kind: str = "Group") -> str:
        """Assign a role; give the assignment's id."""
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {"roleDefinitionId": definition, "principalId": principal, "principalType": kind}
        self.app.request("PUT", path, {"properties": properties})
        return path

    def token(self, hours: float = 24) -> str:
        """Make a registration token and read it, as a client has to."""
        now = datetime.fromtimestamp(self.app.cloud.world.now_us / 1e6, UTC)
        until = (now + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
        info = {"expirationTime": until, "registrationTokenOperation": "Update"}
        self.app.request("PATCH", POOL, {"properties": {"registrationInfo": info}})
        return str(self.app.request("POST", f"{POOL}/listRegistrationTokens")["value"][0]["token"])

    def machine(self, name: str, **properties: Any) -> str:
        """Make a machine that joins Entra ID; give its id."""
        if properties:
            self._special(name, properties)
        else:
            self.app.create_machine(name, self.subnet, computer=name.upper(), tags={"deskwright:host": name})
        self.pass_time()
        self.app.request("PUT", f"{VMS}/{name}/extensions/AADLogin", {"location": REGION, "properties": ENTRA})
        self.pass_time()
        return f"{VMS}/{name}"

    def _special(self, name: str, properties: Any) -> None:

        tags = {"deskwright:host": name}
        nic = self.app.request("PUT", f"{NETWORK}/networkInterfaces/{name}-nic", nic_body(self.subnet, tags))
        body = vm_body(nic["id"], computer=name.upper(), tags=tags)
        body["properties"] |= properties
        self.app.request("PUT", f"{VMS}/{name}", body)

    def host(self, name: str, token: str = "", **properties: Any) -> str:
        """Make a machine and register it; give its session host's address."""
        self.machine(name, **properties)
        settings = {
            "publisher": "Microsoft.Powershell",
            "type": "DSC",
            "typeHandlerVersion": "2.83",
            "settings": {
                "configurationFunction": "Configuration.ps1\\AddSessionHost",
                "properties": {"hostPoolName": "desks"},
            },
            "protectedSettings": {"Items": {"RegistrationInfoToken": token or self.token()}},
        }
        self.app.request("PUT", f"{VMS}/{name}/extensions/DSC", {"location": REGION, "properties": settings})
        self.pass_time()
        return f"{POOL}/sessionHosts/{name.upper()}"

    def script(self, name: str, text: str, parameters: Any = None) -> None:
        """Run a script on a machine to its end."""
        given = [{"name": key, "value": str(value)} for key, value in (parameters or {}).items()]
        properties = {"source": {"script": text}, "parameters": given}
        self.app.request("PUT", f"{VMS}/{name}/runCommands/set", {"location": REGION, "properties": properties})
        self.pass_time()

    def power(self, name: str, verb: str) -> None:
        """Start, stop or restart a machine to its end."""
        self.app.request("POST", f"{VMS}/{name}/{verb}")
        self.pass_time()

    def pass_time(self, seconds: float = 1) -> None:
        """Let time pass, and everything that is due by then happen."""
        self.app.advance(seconds)
        self.app.sim("GET", "state")

    def sign_in(self, user: str, **more: Any) -> Any:
        """Let a user sign in; give the record of it."""
        return self.app.sim("POST", "desktops/signins", {"user": user, "hostPool": "desks", **more})

    def leave(self, user: str, how: str = "signOut") -> None:
        """Let a user go."""
        self.app.sim("POST", "desktops/leave", {"user": user, "hostPool": "desks", "how": how})

    def status(self, host: str) -> str:
        """Read the status of a session host."""
        return str(self.app.request("GET", host)["properties"]["status"])

    def sessions(self) -> list[Any]:
        """List the sessions of the pool."""
        found: list[Any] = self.app.request("GET", f"{POOL}/userSessions")["value"]
        return found

    def findings(self, name: str) -> list[Any]:
        """List the findings of an invariant."""
        return [each for each in self.app.sim("GET", "invariants")["findings"] if each["invariant"] == name]

    @property
    def view(self) -> Any:
        """Read the broker's view."""
        return self.app.sim("GET", "state?view=broker")
