"""Requirements of a customer's first Cloud PC, and a verdict on each. Pure.

The page of a tenant and the command that brings a customer in (`deployment/customers.py`) judge by the same functions:
so this is the standard library alone. The words of `status` are Graph's (cloudPcOnPremisesConnectionStatus).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.domain.machines.sizes import Size, ladder, parse_part_number

Status = Literal["passed", "informational", "warning", "failed"]
"""`informational`: it was not looked at, so that nothing is known."""
PROVIDERS = ("Microsoft.Compute", "Microsoft.Network", "Microsoft.DesktopVirtualization")
"""The resource providers of everything that is built."""

CORES = "cores"
"""The name of the quota of a whole region."""

SIGN_IN_SCOPES = ("openid", "profile", "offline_access")
"""Scopes that a sign-in requests of Microsoft Graph: without a consent to them nobody signs in (decision 93)."""

VIRTUAL_DESKTOP = "9cdead84-a844-4324-93f2-b2e6bb768d07"
"""The application id of Azure Virtual Desktop, the same in every directory."""

POWER_ON_ROLE = "489581de-a3bd-480d-9518-53dea7416b33"
"""Desktop Virtualization Power On Contributor, which starts machines at sign-in."""

POWER_ROLES = frozenset({POWER_ON_ROLE, "40c5ff49-9181-41f8-ae61-143b0e78555e"})
"""The roles with which Azure Virtual Desktop may start machines: for start on connect, and for its autoscale.

Source: https://learn.microsoft.com/azure/virtual-desktop/service-principal-assign-roles
"""

NO_START_SERVICE = "The directory has no service principal of Azure Virtual Desktop."

REMOTE_DESKTOP = {
    "270efc09-cd0d-444b-a71f-39af4910ec45": "Windows Cloud Login",
    "a4a365df-50f1-4397-bc59-1a1564b8bb9c": "Microsoft Remote Desktop",
}
"""Microsoft's applications for which Entra ID gives tokens of Remote Desktop, once it is told to: client id -> name.

Source: https://learn.microsoft.com/azure/virtual-desktop/configure-single-sign-on
"""

_ANY_APPLICATION = "ManagePermissionGrantsForSelf.microsoft-user-default-legacy"
_FOR_SELF = "ManagePermissionGrantsForSelf."
_LOOK = "Connect-MgGraph -Scopes Application-RemoteDesktopConfig.ReadWrite.All"

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class NeedVerdict:
    """Result of one check, and advice; `advice` is empty where nothing has to be done."""

    name: str
    status: Status
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that gives Cloud PCs: how many there are, how many of them are built, and the sizes to try."""

    part_number: str
    total: int
    built: int
    sizes: tuple[Size, ...]

    @property
    def cores(self) -> int:
        """The vCPUs of one Cloud PC; 0 where no size is known."""
        return self.sizes[0].v_cpu_count if self.sizes else 0

    @property
    def families(self) -> str:
        """The quotas that its sizes draw on, for people."""
        return " or ".join(dict.fromkeys(size.family for size in self.sizes))


def licence_of(part_number: str, total: int, plan: Mapping[str, object] | None, *, built: int = 0) -> Licence | None:
    """Return a licence with its sizes; None when it gives no Cloud PC.

    *plan*: its row of the tenant's `servicePlans` as JSON (`vCpuCount`, `ramInGB`, `vmSizes`), if it has one.
    """
    hardware = parse_part_number(part_number)
    if plan is not None:
        cores, memory, names = plan["vCpuCount"], plan["ramInGB"], plan["vmSizes"]
        if not (isinstance(cores, int) and isinstance(memory, int) and isinstance(names, Sequence)):
            return None
        return Licence(part_number, total, built, ladder(cores, memory, names))
    return None if hardware is None else Licence(part_number, total, built, ladder(hardware[0], hardware[1], None))


def scaled_by(pool: str, plans: Iterable[str]) -> str:
    """Return that scaling plans of Azure Virtual Desktop switch the machines of a pool."""
    return f"{', '.join(plans)}, a scaling plan of Azure Virtual Desktop, switches the machines of the pool {pool}"


def judge_start_on_connect(
    *, service: bool, without: Sequence[str], off: int, plans: Mapping[str, Iterable[str]]
) -> NeedVerdict:
    """Judge whether users can start machines that are off, and whether nobody else switches them.

    Args:
        service: the directory has the service principal of Azure Virtual Desktop.
        without: the resource groups in which that has no right to start machines.
        off: how many Cloud PCs are off.
        plans: the scaling plans that are enabled for pools of the tenant.
    """
    name = "start on connect"
    if not service:
        cure = f"Register the resource provider {PROVIDERS[-1]}, or run New-AzADServicePrincipal -ApplicationId"
        return NeedVerdict(name, "failed", f"{NO_START_SERVICE} Nothing is stopped.", f"{cure} {VIRTUAL_DESKTOP}.")
    if plans:
        found = "; ".join(scaled_by(pool, names) for pool, names in plans.items())
        cure = "Take the pool off the scaling plan, or disable the plan for it"
        return NeedVerdict(name, "failed", found, f"{cure}: until then no power schedule switches a machine there.")
    if without and off:
        found = f"{off} Cloud PCs are off, and Azure Virtual Desktop may start none in {', '.join(without)}"
        cure = "Give its service principal Desktop Virtualization Power On Contributor there, or power them on once."
        return NeedVerdict(name, "warning", found, cure)
    later = f"; the right is given with the first stop in {', '.join(without)}" if without else ""
    return NeedVerdict(name, "passed", f"a sign-in starts a machine that is off{later}")


def judge_permissions(wanted: Iterable[str], given: Collection[str], advice: str) -> NeedVerdict:
    """Judge the application permissions of Microsoft Graph."""
    lacking = [name for name in wanted if name not in given]
    if lacking:
        return NeedVerdict("permissions", "failed", f"lacks {', '.join(lacking)}", advice)
    return NeedVerdict("permissions", "passed", "all of Microsoft Graph's")


def judge_sign_in(*, granted: bool | None, policies: Collection[str] | None, link: str) -> NeedVerdict:
    """Judge whether the people of a directory come past the page of consent when they sign in.

    Args:
        granted: somebody has consented for everybody; None where it could not be read.
        policies: what the users may consent to for themselves (`permissionGrantPoliciesAssigned`); None as above.
        link: where an administrator of the directory consents for everybody.
    """
    name, cure = "sign-in", f"An administrator of the directory opens {link}"
    if granted:
        return NeedVerdict(name, "passed", "an administrator has consented for everybody")
    if policies is not None and _ANY_APPLICATION in policies:
        return NeedVerdict(name, "passed", "users may consent for themselves")
    if granted is None:
        found = "not looked at: only an administrator can see who has consented for everybody"
        return NeedVerdict(name, "informational", found, f"{cure} once; a second time changes nothing.")
    if policies is None:
        found = "nobody has consented for everybody; whether users may consent for themselves is not known"
    elif any(each.startswith(_FOR_SELF) for each in policies):
        found = "nobody has consented for everybody, and users may consent for themselves to some applications only"
    else:
        found = "nobody has consented for everybody, and users may not consent for themselves (AADSTS90094)"
        return NeedVerdict(name, "failed", found, cure)
    return NeedVerdict(name, "warning", found, cure)


def judge_single_sign_on(enabled: Mapping[str, bool | None]) -> NeedVerdict:
    """Judge whether Entra ID gives tokens for Remote Desktop.

    *enabled*: client id of `REMOTE_DESKTOP` -> whether it is on; None where it could not be read.
    """
    name = "single sign-on"
    if off := [app_id for app_id, on in enabled.items() if on is False]:
        found = f"Entra authentication for RDP is off for {_listed([REMOTE_DESKTOP[each] for each in off])}"
        return NeedVerdict(name, "warning", f"{found}: single sign-on does not work", remote_desktop_cure(off))
    if unknown := [app_id for app_id, on in enabled.items() if on is None]:
        names = _listed([REMOTE_DESKTOP[each] for each in unknown])
        return NeedVerdict(
            name, "informational", f"not looked at: {names} cannot be read", remote_desktop_cure(unknown, look=True)
        )
    return NeedVerdict(name, "passed", "Entra authentication for RDP is on")


def remote_desktop_cure(app_ids: Iterable[str], *, look: bool = False) -> str:
    """Return instructions for an administrator to switch remote desktop sign-in on, or with *look* to see its state."""
    verb, option = ("Get", "") if look else ("Update", " -IsRemoteDesktopProtocolEnabled")
    commands = [
        f"{verb}-MgServicePrincipalRemoteDesktopSecurityConfiguration -ServicePrincipalId "
        f"(Get-MgServicePrincipal -Filter \"appId eq '{each}'\").Id{option}"
        for each in app_ids
    ]
    return (
        "An Application Administrator of the directory "
        f"{'looks' if look else 'switches it on'} at Devices > Remote connection configuration of the Entra admin "
        f"center, or runs: {'; '.join([_LOOK, *commands])}"
    )


def judge_provider(namespace: str, state: str, subscription: str) -> NeedVerdict:
    """Judge the registration of a resource provider by Azure's word for it."""
    command = f"az provider register --subscription {subscription} --namespace {namespace} --wait"
    if state.lower() == "registered":
        return NeedVerdict(namespace, "passed", state)
    if state.lower() == "registering":
        return NeedVerdict(namespace, "warning", state, "Wait some minutes.")
    return NeedVerdict(namespace, "failed", state or "unknown", command)


def judge_role(
    wanted: Iterable[str], permissions: Iterable[Mapping[str, Sequence[str]]], where: str, advice: str
) -> NeedVerdict:
    """Judge the actions that the service is granted at a scope. *permissions*: as Azure lists them there."""
    given = tuple(permissions)
    lacking = [action for action in wanted if not any(_permits(each, action) for each in given)]
    if not lacking:
        return NeedVerdict("role", "passed", f"every action that is needed, for {where}")
    return NeedVerdict("role", "failed", f"{where}: {len(lacking)} actions are not allowed: {_listed(lacking)}", advice)


def judge_licences(licences: Sequence[Licence], others: Sequence[str], planned: Collection[str]) -> NeedVerdict:
    """Judge the directory's licences. *others*: bought, and no Cloud PC's; *planned*: names in `servicePlans`."""
    some = [each for each in licences if each.total > 0]
    advice = "Buy Windows 365 licences, name what was bought in the tenant's servicePlans, or let it count seats."
    if not some:
        found = f"none of {_listed(others)} gives a Cloud PC" if others else "the directory has bought none"
        return NeedVerdict("licences", "failed", found, advice)
    found = ", ".join(f"{each.part_number} {each.total}" for each in some)
    if missing := sorted(set(planned) - {each.part_number for each in some}):
        text = f"{found}; not bought, though the tenant's servicePlans name it: {_listed(missing)}"
        return NeedVerdict("licences", "warning", text, "Buy it, or take it out of the tenant's servicePlans.")
    return NeedVerdict("licences", "passed", found)


def judge_seats(seats: Mapping[str, int], licences: Sequence[Licence]) -> NeedVerdict:
    """Judge the seats that a tenant counts itself. *licences*: the seats that belong to a service plan."""
    advice = "Give the tenant seats, each of a part number of Windows 365 or of its servicePlans."
    if not sum(seats.values()):
        return NeedVerdict("licences", "failed", "the tenant counts seats and has none", advice)
    known = {each.part_number for each in licences}
    if unknown := sorted(seats.keys() - known):
        status: Status = "warning" if any(seats[name] for name in seats.keys() & known) else "failed"
        return NeedVerdict("licences", status, f"no service plan has these seats: {_listed(unknown)}", advice)
    return NeedVerdict(
        "licences", "passed", ", ".join(f"{name} {count} seats" for name, count in sorted(seats.items()))
    )


def judge_quota(region: str, free: Mapping[str, int], licences: Sequence[Licence]) -> NeedVerdict:
    """Judge the free vCPUs of a region by family (and `cores`) against the sizes of the licences.

    It fails where no Cloud PC of a licence fits, and warns where not all that are to be built do.
    """
    name, left = f"quota {region}", free.get(CORES, 0)
    advice = f"Request more vCPUs for {region}: Azure portal, Quotas, Compute; or name another region in a site."
    wanted = [each for each in licences if each.total > each.built and each.sizes]
    if none := [each for each in wanted if not _fits(each, free)]:
        least = "; ".join(f"{each.part_number} needs {each.cores} of {each.families}" for each in none)
        return NeedVerdict(name, "failed", f"{left} vCPUs are free, and {least}", advice)
    needed = sum((each.total - each.built) * each.cores for each in wanted)
    if needed > left:
        return NeedVerdict(name, "warning", f"{left} vCPUs are free; all licences together need {needed} more", advice)
    if left <= 0:
        return NeedVerdict(name, "failed", "no vCPU is free", advice)
    return NeedVerdict(name, "passed", f"{left} vCPUs are free; all licences together need {needed} more")


def _fits(licence: Licence, free: Mapping[str, int]) -> bool:
    """Whether one machine fits; a family that Azure does not list is limited by the region alone."""
    return any(
        min(free.get(CORES, 0), free.get(size.family, size.v_cpu_count)) >= size.v_cpu_count for size in licence.sizes
    )


def _permits(permission: Mapping[str, Sequence[str]], action: str) -> bool:
    return _matches(permission.get("actions") or (), action) and not _matches(
        permission.get("notActions") or (), action
    )


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, each.split("*"))), action, re.IGNORECASE) is not None for each in patterns
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
