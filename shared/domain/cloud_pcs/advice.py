"""Advice on a build that failed without a refusal: a step that timed out, capacity that never became free."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.cloud_pcs.steps import Step

_BEGIN_AGAIN = "If it happens again, see Azure's service health of the region."

_LATE: Mapping[Step, str] = MappingProxyType(
    {
        Step.CREATE_VM: (
            "Look at the VM's boot diagnostics and the image, and whether its subnet reaches 168.63.129.16 and Azure's"
            " endpoints."
        ),
        Step.JOIN_DIRECTORY: (
            "Entra join: see that the network reaches enterpriseregistration.windows.net and login.microsoftonline.com."
            " Hybrid join: see that Entra Connect synchronises the OU, at least every 30 minutes; the tenant's"
            " hybridJoinWaitInMinutes is how long the build waits."
        ),
        Step.ENROLL_IN_INTUNE: (
            "See that the directory has Intune and Entra ID P1, that the user lies in the MDM user"
            " scope when the machine joins Entra ID alone, and that no enrolment restriction keeps Windows out:"
            " run the connection's health checks."
        ),
        Step.ASSIGN_PRIMARY_USER: "See in Intune whether the device is still there and its user has an Intune licence.",
        Step.ASSIGN_USER: (
            "See that the network reaches *.wvd.microsoft.com, and that the service's identity may assign the sign-in"
            " roles: run the connection's health checks."
        ),
    }
)

_CAPACITY: Mapping[str, str] = MappingProxyType(
    {
        "connectionunhealthy": "Run the connection's health checks and cure what they name; then retry.",
        "subnetisfull": "Give the connection a larger or another subnet; then retry.",
        "diskimagenotready": "Wait until the image is replicated to the region, or build it for this site; then retry.",
        "galleryimagenotfound": "Build the image for this site, or choose another in the policy; then retry.",
    }
)
_MORE_CAPACITY = "Raise the quota, or let the site fall back to other regions; then retry."


_RETRY = "Retry it when the cause is gone."


def when_given_up(advice: str | None) -> str | None:
    """Return *advice* without its sentences about another attempt: there is none."""
    if advice is None or "next attempt" not in advice:
        return advice
    parts = [part.strip(" ;.") for sentence in advice.split(". ") for part in sentence.split(";")]
    kept = [part for part in parts if part and "next attempt" not in part]
    return " ".join([*(f"{part[0].upper()}{part[1:]}." for part in kept), _RETRY])


def when_late(step: Step) -> str:
    """Return the advice for a *step* that timed out."""
    return _LATE.get(step, _BEGIN_AGAIN)


def when_parked_for_long(code: str) -> str:
    """Return the advice for a build that found no capacity within the parking limit; *code* is the reason."""
    return _CAPACITY.get(code.lower(), _MORE_CAPACITY)
