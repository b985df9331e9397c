"""Settings of a policy that reach a Cloud PC without a rebuild, and its snapshot afterwards. Pure.

The others need one: a name, an image, a connection and single sign-on are no settings of Windows; a profile that is
there keeps its display language; nothing turns virtualization-based security off, or takes an app away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.cloud_pcs.windows_steps import (
    LOCAL_ADMINISTRATOR,
    REDIRECTIONS,
    REMOVE_LOCAL_ADMINISTRATOR,
    VIRTUALIZATION_BASED_SECURITY,
)
from shared.domain.policies.configuration import DecidedConfiguration
from shared.domain.policies.graph import LOCAL_ADMIN, SCRIPTS, SECURITY_DEFAULTS
from shared.domain.policies.policy import BuiltScript, Snapshot
from shared.domain.values import Value


class SettingInPlace(StrEnum):
    """A setting of a policy that reaches a Cloud PC without a rebuild, by its property of Graph."""

    LOCAL_ADMIN = LOCAL_ADMIN
    SECURITY_DEFAULTS = SECURITY_DEFAULTS
    SCRIPTS = SCRIPTS


class WantedSettings(Value):
    """The settings that a policy wants today.

    *scripts*: in the versions of today, None while one of them is gone. *only*: the settings that are asked for, None
    for all of them.
    """

    configuration: DecidedConfiguration
    scripts: tuple[BuiltScript, ...] | None = None
    only: tuple[SettingInPlace, ...] | None = None


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A changed setting. *steps* and *scripts* bring it to the machine."""

    name: SettingInPlace
    steps: tuple[str, ...] = ()
    scripts: tuple[BuiltScript, ...] = ()

    def failed(self, failed: Collection[str]) -> bool:
        """Whether one of its steps is among *failed*."""
        return not set(self.steps).isdisjoint(failed)


def changes_in_place(built: Snapshot, wanted: WantedSettings) -> tuple[SettingChange, ...]:
    """Return the settings that differ and can be brought to the machine without a rebuild."""
    found = (_local_administrator(built, wanted), _security(built, wanted), _scripts(built, wanted))
    return tuple(each for each in found if each is not None and (wanted.only is None or each.name in wanted.only))


def applied(built: Snapshot, wanted: WantedSettings, failed: Collection[str]) -> Snapshot:
    """Return the snapshot of a machine to which its changes were brought, but for the *failed* steps and scripts.

    A setting with a failed step stays as it was, and so does the version of a failed script.
    """
    for change in changes_in_place(built, wanted):
        if change.name is SettingInPlace.SCRIPTS:
            built = built.but(built_scripts=_run(built, wanted.scripts or (), failed))
        elif not change.failed(failed):
            field = _FIELDS[change.name]
            built = built.but(**{field: getattr(wanted.configuration, field)})
    return built


def has_run(built: Snapshot, scripts: tuple[BuiltScript, ...] | None) -> bool:
    """Whether the machine has run *scripts* in these versions and this order; also while one of them is gone."""
    return scripts is None or [each.digest for each in scripts] == [each.digest for each in built.built_scripts]


_FIELDS = {SettingInPlace.LOCAL_ADMIN: "local_admin_enabled", SettingInPlace.SECURITY_DEFAULTS: "security_defaults"}
"""The fields of a configuration that can change in place."""


def _local_administrator(built: Snapshot, wanted: WantedSettings) -> SettingChange | None:
    administrator = wanted.configuration.local_admin_enabled
    if administrator is built.configuration.local_admin_enabled:
        return None
    return SettingChange(
        SettingInPlace.LOCAL_ADMIN, (LOCAL_ADMINISTRATOR if administrator else REMOVE_LOCAL_ADMINISTRATOR,)
    )


def _security(built: Snapshot, wanted: WantedSettings) -> SettingChange | None:
    before, after = built.configuration.security_defaults, wanted.configuration.security_defaults
    protected, protects = before.virtualization_based_security, after.virtualization_based_security
    if before == after or (protected and not protects):
        return None
    redirected = (REDIRECTIONS,) if before.redirections != after.redirections else ()
    begun = (VIRTUALIZATION_BASED_SECURITY,) if protects and not protected else ()
    return SettingChange(SettingInPlace.SECURITY_DEFAULTS, redirected + begun)


def _scripts(built: Snapshot, wanted: WantedSettings) -> SettingChange | None:
    if wanted.scripts is None or has_run(built, wanted.scripts):
        return None
    before = {each.script_id: each.digest for each in built.built_scripts}
    if not before.keys() <= {each.script_id for each in wanted.scripts}:
        return None
    missing = tuple(each for each in wanted.scripts if before.get(each.script_id) != each.digest)
    return SettingChange(SettingInPlace.SCRIPTS, scripts=missing)


def _run(built: Snapshot, wanted: tuple[BuiltScript, ...], failed: Collection[str]) -> tuple[BuiltScript, ...]:
    """Return the scripts that the machine has run afterwards, in the order of today."""
    before = {each.script_id: each for each in built.built_scripts}
    after = (before.get(each.script_id) if each.display_name in failed else each for each in wanted)
    return tuple(each for each in after if each is not None)
