"""The configuration of a policy: the settings of its machines, and the languages of Windows.

A new field needs a row of ``PROPERTIES`` (``graph.py``) beside it, and what acts on it.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.naming import naming_template_problem
from shared.domain.policies.image_rings import ImageRings
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Counted, Id, Value, Word, distinct, is_empty, when_written

LOCALES: tuple[str, ...] = (
    "ar-SA", "bg-BG", "cs-CZ", "da-DK", "de-DE", "el-GR", "en-AU", "en-GB", "en-US", "es-ES", "es-MX", "et-EE",
    "fi-FI", "fr-CA", "fr-FR", "he-IL", "hr-HR", "hu-HU", "it-IT", "ja-JP", "ko-KR", "lt-LT", "lv-LV", "nb-NO",
    "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sl-SI", "sr-Latn-RS", "sv-SE", "th-TH",
    "tr-TR", "uk-UA", "zh-CN", "zh-TW",
)  # fmt: skip


DEDICATED = "dedicated"
"""The only provisioning type."""


def _locale(value: str) -> str:
    if value not in LOCALES:
        message = f"unknown display language; write one of {', '.join(LOCALES)}"
        raise ValueError(message)
    return value


def _template(value: str | None) -> str | None:
    if value and (wrong := naming_template_problem(value)):
        raise ValueError(wrong)
    return value or None


def dedicated(value: str) -> str:
    """Validate a provisioning type."""
    if value != DEDICATED:
        message = f"Frontline is not offered; only dedicated Cloud PCs are: leave it out, or write {DEDICATED}"
        raise ValueError(message)
    return value


def _is_dedicated(value: str) -> bool:
    return value == DEDICATED


class SecurityDefaults(Value):
    """Redirections of the user's own device, and protection of Windows; the defaults are Windows 365's."""

    clipboard: bool = Field(
        False, title="Clipboard", description="Text and files can be copied between the user's device and the Cloud PC."
    )
    drives: bool = Field(False, title="Drives", description="The user's drives appear in the Cloud PC.")
    printers: bool = Field(False, title="Printers", description="The user's printers appear in the Cloud PC.")
    usb_devices: bool = Field(
        False, title="USB devices", description="USB and other Plug and Play devices can be connected."
    )
    virtualization_based_security: bool = Field(
        True,
        title="Virtualization-based security",
        description="With Credential Guard and memory integrity, after the next start of Windows.",
    )

    @property
    def redirections(self) -> tuple[str, ...]:
        """The redirections that are allowed, as their script names them."""
        named = {"clipboard": self.clipboard, "drives": self.drives, "printers": self.printers, "usb": self.usb_devices}
        return tuple(name for name, allowed in named.items() if allowed)


class OnFailure(StrEnum):
    """Consequence of a script that fails on a new Cloud PC."""

    WARN = "warn"
    BLOCK = "block"


class ShutDownAction(StrEnum):
    """Treatment of a machine whose Windows was shut down from inside, which Azure bills until it is deallocated."""

    DEALLOCATE = "deallocate"
    NONE = "none"


def _is_deallocated(action: ShutDownAction) -> bool:
    return action is ShutDownAction.DEALLOCATE


MOST_SCRIPTS = 10
"""A machine has at most 25 run commands, of which the service needs some itself."""


class PolicyScript(Value):
    """A script that a policy runs on each new Cloud PC."""

    script_id: Id = Field(title="Script", description="A script or an app of the tenant.")
    timeout_in_minutes: int = Field(
        30, ge=1, le=90, title="Time-out (minutes)", description="Windows ends the script then: it has failed."
    )
    on_failure: OnFailure = Field(
        OnFailure.WARN,
        title="If it fails",
        description="Warn: the user gets the Cloud PC. Block: they get it only when the script has succeeded.",
    )


def _each_once(scripts: tuple[PolicyScript, ...]) -> tuple[PolicyScript, ...]:
    distinct(tuple(each.script_id for each in scripts))
    return scripts


def _are_default(rings: ImageRings) -> bool:
    return rings == ImageRings()


class ConfigurationStep(Value):
    """Configuration of Windows. The tenant's settings decide on omitted values, also later."""

    locale: Annotated[Word, when_written(_locale)] = Field(
        "en-US", title="Display language", description="The language in which Windows appears."
    )
    naming_template: Annotated[Word | None, when_written(_template)] = Field(
        None,
        title="Naming template",
        description="Of computer names, such as CPC-%USERNAME:4%-%RAND:5%; the tenant's when left out.",
    )
    local_admin_enabled: bool = Field(
        False, title="Local administrator", description="Whether users are local administrators of their Cloud PC."
    )
    enable_single_sign_on: bool = Field(
        True,
        title="Single sign-on",
        description="Whether users sign in with their directory's sign-in; without it Windows asks for a password.",
    )
    security_defaults: SecurityDefaults = Field(
        default_factory=SecurityDefaults,
        title="Security defaults",
        description="What of the user's own device reaches the Cloud PC, and what protects its Windows.",
    )
    grace_period_in_hours: int | None = Field(
        None,
        ge=1,
        le=8760,
        title="Grace period (hours)",
        description="How long a Cloud PC stays usable after its licence or group is gone; the tenant's when left out.",
    )
    power_schedule_id: Id | None = Field(
        None,
        title="Power schedule",
        description="The hours in which Cloud PCs are on; none when left out. It reaches those that are there.",
    )
    # Not written while it is the default: the rows of earlier releases do not have it.
    shut_down_action: ShutDownAction = Field(
        ShutDownAction.DEALLOCATE,
        title="After a shutdown in Windows",
        description="Deallocate the machine after ten minutes; none: it stays as it is, and is billed.",
        exclude_if=_is_deallocated,
    )
    # Not written while there is none: the rows of earlier releases do not have it.
    scripts: Annotated[
        tuple[PolicyScript, ...], Field(max_length=MOST_SCRIPTS), Counted(), AfterValidator(_each_once)
    ] = Field(
        (),
        title="Apps and scripts",
        description="Run on each new Cloud PC in this order, after Windows is configured. No secrets in them.",
        exclude_if=is_empty,
    )
    # Not written while they are as by default: the rows of earlier releases do not have them.
    image_rings: ImageRings = Field(
        default_factory=ImageRings,
        title="Image rings",
        description="Each month Cloud PCs with an older image are rebuilt: a canary first, then all others.",
        exclude_if=_are_default,
    )
    # Not written while it is the only one there is: the rows of earlier releases do not have it.
    provisioning_type: Annotated[Word, AfterValidator(dedicated)] = Field(
        DEDICATED,
        title="Provisioning type",
        description="Only dedicated Cloud PCs are offered.",
        exclude_if=_is_dedicated,
    )

    def decided(self, settings: TenantSettings) -> "DecidedConfiguration":
        """Return the configuration with the tenant's *settings* in place of unset values."""
        left_to_tenant = DecidedConfiguration.__annotations__
        left_out = {name: getattr(settings, name) for name, value in self if value is None and name in left_to_tenant}
        return DecidedConfiguration.model_validate({**dict(self), **left_out})


class DecidedConfiguration(ConfigurationStep):
    """The configuration of one Cloud PC: nothing in it is left to the tenant's settings."""

    naming_template: str
    grace_period_in_hours: int
