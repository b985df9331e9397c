r"""The on-premises directory that domain joins are checked against.

Seed key `domains`: `[{"name": "corp.contoso.com", "ous": ["OU=CloudPC,DC=corp,..."], "accounts":
[{"name": "corp\\svc-join", "password": "..."}], "dnsServers": ["10.0.0.4"]}]`. With `dnsServers`, only
machines whose network uses one of them find the domain. Passwords are hashed at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

PREFIX = "VM has reported a failure when processing extension 'joindomain' (publisher "
PREFIX += "'Microsoft.Compute' and type 'JsonADDomainExtension'). Error message: 'Exception(s) "
PREFIX += "occurred while joining Domain '{domain}''. More information on troubleshooting is "
PREFIX += "available at https://aka.ms/vmextensionwindowstroubleshoot. {why}"


@dataclass(slots=True)
class Domain:
    """One domain: its units, the hashed passwords of its accounts, the computers in it."""

    name: str
    units: set[str]
    accounts: dict[str, str]
    dns_servers: frozenset[str] = frozenset()
    computers: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)


def domains(world: World) -> dict[str, Domain]:
    """Return the domains by lower-cased name."""
    found: dict[str, Domain] = world.state("domains")
    return found


def add_domain(world: World, entry: Json) -> None:
    """Add a domain, or new values of an existing one (a rotated password)."""
    known = domains(world)
    name = entry["name"].lower()
    found = known.get(name)
    if found is None:
        found = known[name] = Domain(entry["name"], set(), {})
    found.units |= {unit.lower() for unit in entry.get("ous", [])}
    for account in entry.get("accounts", []):
        found.accounts[account["name"].lower()] = world.protector.hash(account["password"])
    if entry.get("dnsServers"):
        found.dns_servers = frozenset(entry["dnsServers"])


def check_join(world: World, vm: Resource, settings: Json, password: str) -> Problem | None:
    """Return the failure of a domain join; `None` when it works."""
    name = str(settings.get("Name", ""))
    domain = domains(world).get(name.lower())
    if domain is None or not _resolves(world, vm, domain):
        return _failed(
            name,
            "Win32 error code 1355: The specified domain either does not exist or could not be contacted.",
        )
    hashed = _account(domain, str(settings.get("User", "")))
    if hashed is None or not world.protector.matches(hashed, password):
        return _failed(name, "Win32 error code 1326: The user name or password is incorrect.")
    unit = str(settings.get("OUPath", "")).lower()
    if unit and unit not in domain.units:
        return _failed(name, f"Win32 error code 2: The system cannot find the file specified. OUPath '{unit}'.")
    return None


def join(world: World, domain: str, computer: str, unit: str) -> None:
    """Put a computer into a domain."""
    found = domains(world)[domain.lower()]
    found.computers[computer.lower()] = unit
    found.disabled.discard(computer.lower())


def disable(world: World, domain: str, computer: str, vm_id: str) -> None:
    """Disable the account of a computer, as leaving the domain does too; a missing account stays missing."""
    found = domains(world).get(domain.lower())
    if found is not None and computer.lower() in found.computers:
        found.disabled.add(computer.lower())
        world.publish("domain_account_disabled", vm_id=vm_id, computer_name=computer, domain=found.name)


def _account(domain: Domain, user: str) -> str | None:
    r"""Find an account by its name with or without domain (`corp\\u`, `u@corp`, `u`)."""
    short = user.lower().rpartition("\\")[2].partition("@")[0]
    for name, hashed in domain.accounts.items():
        if name == user.lower() or name.rpartition("\\")[2].partition("@")[0] == short:
            return hashed
    return None


def _resolves(world: World, vm: Resource, domain: Domain) -> bool:
    if not domain.dns_servers:
        return True
    reference = vm.properties["networkProfile"]["networkInterfaces"][0]["id"]
    nic = world.resources.get(reference)
    if nic is None:
        return False
    subnet_id = nic.properties["ipConfigurations"][0]["properties"]["subnet"]["id"]
    vnet = world.resources.get(subnet_id[: subnet_id.lower().rindex("/subnets/")])
    options = vnet.properties.get("dhcpOptions", {}) if vnet else {}
    return bool(domain.dns_servers & set(options.get("dnsServers", [])))


def _failed(domain: str, why: str) -> Problem:
    return Problem(200, "VMExtensionProvisioningError", PREFIX.format(domain=domain, why=why))


def install(cloud: Cloud) -> None:
    """Keep the domains, seed them, show them in `_sim/state?view=domains`."""
    cloud.state("domains", dict)
    cloud.seeder("domains", _seed)
    cloud.on("domain_seeded", _seeded)
    cloud.view("domains", lambda world, _: [_shown(each) for each in domains(world).values()])


def _seed(world: World, entries: list[Json]) -> None:
    for entry in entries:
        add_domain(world, entry)


def _seeded(world: World, domain: str, **entry: object) -> None:
    add_domain(world, {"name": domain, **entry})


def _shown(domain: Domain) -> Json:
    shown = {"name": domain.name, "ous": sorted(domain.units), "computers": domain.computers}
    return {**shown, "disabled": sorted(domain.disabled)}
