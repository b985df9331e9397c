"""Names and order of the steps that configure Windows on a machine. Pure."""

from shared.domain.policies.policy import Snapshot

STEPS = (
    "setLocale",
    "hidePowerIcons",
    "disableWindowsReset",
    "assignLocalAdministrator",
    "setTeamsVdiMode",
    "enableTimeZoneRedirection",
    "setRedirections",
    "enableVirtualizationBasedSecurity",
    "resizeOsPartition",
)
"""The steps in their order; each is a file of shared/scripts named in kebab case."""

LEAVE_SERVICE = "leaveService"
"""The step by which Windows forgets its directory, Intune and its host pool; of a disk that another machine had."""

LOCAL_ADMINISTRATOR = "assignLocalAdministrator"

REDIRECTIONS, VIRTUALIZATION_BASED_SECURITY = "setRedirections", "enableVirtualizationBasedSecurity"
"""The steps of the security defaults."""

REMOVE_LOCAL_ADMINISTRATOR = "removeLocalAdministrator"
"""The opposite of ``assignLocalAdministrator``, for users who are to be standard users again."""


def wanted_steps(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the steps of a build, without those that its policy turns off."""
    left_out = {
        LOCAL_ADMINISTRATOR: not snapshot.configuration.local_admin_enabled,
        VIRTUALIZATION_BASED_SECURITY: not snapshot.configuration.security_defaults.virtualization_based_security,
    }
    return tuple(step for step in STEPS if not left_out.get(step))
