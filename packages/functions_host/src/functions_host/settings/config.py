"""Reads host.json, local.settings.json and the environment (docs/notes.md 4.4)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions_host.errors import ConfigError
from functions_host.settings.sections import Section, read_json
from functions_host.settings.versions import FAILURES, STRATEGIES, Versioning

KEEP = 5000
"""Number of orchestrations that stay in memory unless the command line sets it."""

KEEP_SECONDS = 600.0
"""For how long one stays there without a turn, in real seconds."""

_PORT = 7071
_SETTING = re.compile(r"%([^%]+)%")
_HUB = re.compile(r"[A-Za-z][A-Za-z0-9]{2,44}")
_OVERRIDE = "AzureFunctionsJobHost__"
_OVERRIDABLE = ("AnyState", "NonRunningStates")


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """host.json ``extensions.queues``; seconds are real ones."""

    batch_size: int = 16
    new_batch_threshold: int = 16
    max_dequeue_count: int = 5
    visibility_seconds: float = 0.0
    max_poll_seconds: float = 60.0
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostSettings:
    """host.json with its overrides from the environment; other keys are ignored."""

    hub: str
    route_prefix: str = "api"
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    max_requests: int | None = None
    function_timeout: timedelta | None = timedelta(minutes=30)
    max_activities: int = 10
    max_orchestrators: int = 10
    max_entities: int = 10
    entity_batch: int = 5000
    max_actions: int = 100_000
    replace_any_state: bool = False
    versioning: Versioning = field(default_factory=Versioning)
    queues: QueueSettings = field(default_factory=QueueSettings)
    only_functions: frozenset[str] | None = None
    log_levels: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def environment() -> Mapping[str, str]:
    """Return the process's environment; nothing else in the host reads it."""
    return os.environ


def load_settings(app: Path) -> bool:
    """Put the ``Values`` of local.settings.json into the environment; a variable that is set stays.

    Return whether there is one more now.
    """
    path = app / "local.settings.json"
    if not path.exists():
        return False
    before = len(os.environ)
    settings = Section(read_json(path), str(path), secret=True)
    if settings.raw.get("IsEncrypted") is True:
        raise ConfigError(f"{path}: its values are encrypted for one machine: run func settings decrypt there")
    for name, value in settings.strings("Values").items():
        try:
            os.environ.setdefault(name, value)
        except ValueError as error:  # of a name with =, a value with a null character
            raise ConfigError(f"{path}: Values.{name}: {error}") from error
    return len(os.environ) > before


def local_port(app: Path) -> int:
    """Return ``Host.LocalHttpPort`` of local.settings.json, the port that Core Tools take too; 7071 without one."""
    path = app / "local.settings.json"
    raw = read_json(path) if path.exists() else {}
    return Section(raw, str(path), secret=True).section("Host").integer("LocalHttpPort", _PORT)


def read_host_json(app: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read host.json; ``ConfigError`` names the key that cannot be used."""
    path = app / "host.json"
    if not path.exists():
        raise ConfigError(f"{path}: missing; every Functions app has one")
    raw = read_json(path)
    _override(raw, environ)
    top = Section(raw, str(path))
    if raw.get("version") != "2.0":
        raise ConfigError(f'{path}: "version" must be "2.0", not {raw.get("version")!r}')
    extensions = top.section("extensions")
    durable, http = extensions.section("durableTask"), extensions.section("http")
    cores = os.cpu_count() or 1
    return HostSettings(
        hub=_hub(durable, environ),
        route_prefix=http.string("routePrefix", "api").strip("/"),
        custom_headers=http.strings("customHeaders"),
        max_requests=_outstanding(http),
        function_timeout=_timeout(top),
        max_activities=durable.integer("maxConcurrentActivityFunctions", 10 * cores),
        max_orchestrators=durable.integer("maxConcurrentOrchestratorFunctions", 10 * cores),
        max_entities=durable.integer("maxConcurrentEntityFunctions", 10 * cores),
        entity_batch=durable.integer("maxEntityOperationBatchSize", 5000),
        max_actions=durable.integer("maxOrchestrationActions", 100_000),
        replace_any_state=durable.one_of("overridableExistingInstanceStates", _OVERRIDABLE, "NonRunningStates")
        == "AnyState",
        versioning=_versioning(durable),
        queues=_queues(extensions.section("queues"), cores),
        only_functions=top.names("functions") or None,
        log_levels=top.section("logging").strings("logLevel"),
        warnings=tuple(_warnings(top, durable)),
    )


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Replace %NAME% by the setting; ``ConfigError`` for a name that is not set."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environ:
            raise ConfigError(f"%{name}% is used in {text!r}, but no setting has that name")
        return environ[name]

    return _SETTING.sub(value, text)


def is_true(value: str | None) -> bool:
    """Return whether a setting is true or 1, in any case."""
    return (value or "").lower() in {"true", "1"}


def _override(raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Apply ``AzureFunctionsJobHost__section__key``; sections match without regard to case."""
    for name, value in environ.items():
        if not name.startswith(_OVERRIDE):
            continue
        *sections, last = name.removeprefix(_OVERRIDE).split("__")
        target = raw
        for section in sections:
            target = target.setdefault(_existing_key(target, section), {})
        target[_existing_key(target, last)] = _literal(value)


def _existing_key(section: dict[str, Any], name: str) -> str:
    return next((key for key in section if key.lower() == name.lower()), name)


def _literal(text: str) -> object:
    lowered = text.lower()
    return {"true": True, "false": False}.get(lowered, int(text) if text.isdigit() else text)


def _hub(durable: Section, environ: Mapping[str, str]) -> str:
    hub = resolve(durable.string("hubName", "") or "TestHubName", environ)
    if not _HUB.fullmatch(hub):
        raise durable.error("hubName", "3-45 letters or digits, letter first")
    return hub


def _outstanding(http: Section) -> int | None:
    limits = [http.integer(name, -1, lowest=-1) for name in ("maxOutstandingRequests", "maxConcurrentRequests")]
    return min((limit for limit in limits if limit > 0), default=None)


def _timeout(top: Section) -> timedelta | None:
    unlimited = top.raw.get("functionTimeout") == "-1"
    return None if unlimited else top.span("functionTimeout", "00:30:00")


def _versioning(durable: Section) -> Versioning:
    strategy = durable.one_of("versionMatchStrategy", STRATEGIES, "CurrentOrOlder")
    failure = durable.one_of("versionFailureStrategy", FAILURES, "Reject")
    default = durable.raw.get("defaultVersion")
    return Versioning(None if default is None else str(default), strategy, failure == "Fail")


def _queues(queues: Section, cores: int) -> QueueSettings:
    batch = queues.integer("batchSize", 16)
    return QueueSettings(
        batch_size=min(batch, 32),
        new_batch_threshold=queues.integer("newBatchThreshold", batch // 2 * cores, lowest=0),
        max_dequeue_count=queues.integer("maxDequeueCount", 5),
        visibility_seconds=queues.span("visibilityTimeout", "00:00:00").total_seconds(),
        max_poll_seconds=queues.span("maxPollingInterval", "00:01:00").total_seconds(),
        base64=queues.one_of("messageEncoding", ("base64", "none"), "base64") == "base64",
    )


def _warnings(top: Section, durable: Section) -> list[str]:
    found = []
    if "extensionBundle" not in top.raw:
        found.append("host.json has no extensionBundle: Azure would load no triggers")
    provider = durable.section("storageProvider").string("type", "AzureStorage")
    if provider.lower() != "azurestorage":
        found.append(f"storageProvider {provider} is ignored: this host stores everything in one file")
    return found
