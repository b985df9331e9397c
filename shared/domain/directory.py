"""What the directory says about groups, and which of them a policy may be assigned to."""

from __future__ import annotations

from shared.domain.values import Value


class Group(Value):
    """A group, as Microsoft Graph describes it."""

    id: str
    display_name: str
    security_enabled: bool = False
    mail_enabled: bool = False
    group_types: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What kind of group it is, in the words of the portal."""
        if "Unified" in self.group_types:
            return "Microsoft 365"
        if self.security_enabled:
            return "mail-enabled security" if self.mail_enabled else "security"
        return "distribution"

    @property
    def assignable(self) -> bool:
        """Whether a policy may be assigned to it: a security group or a Microsoft 365 group (seed 002)."""
        return self.security_enabled or "Unified" in self.group_types
