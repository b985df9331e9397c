"""Reads host.json, local.settings.json and the environment (host.md 4.4)."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.errors import ConfigError
from local.host.versions import FAILURES, STRATEGIES, Versioning

KEEP = 5000
"""Orchestrations that stay in memory unless the command line says otherwise."""

KEEP_SECONDS = 600.0
"""How long one stays there without a turn, in real seconds."""

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
    """host.json with its overrides from the environment; what is not here is ignored."""

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
    """Return the process's variables: the one place that looks at them."""
    return os.environ


def load_settings(app: Path) -> None:
    """Put the ``Values`` of local.settings.json into the environment; what is there stays."""
    path = app / "local.settings.json"
    values = _read_json(path).get("Values", {}) if path.exists() else {}
    for name, value in values.items():
        os.environ.setdefault(name, str(value))


def read_host_json(app: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read host.json; ``ConfigError`` names the key that cannot be obeyed."""
    path = app / "host.json"
    if not path.exists():
        raise ConfigError(f"{path}: missing; every Functions app has one")
    raw = _read_json(path)
    _override(raw, environ)
    if raw.get("version") != "2.0":
        raise ConfigError(f'{path}: "version" must be "2.0", not {raw.get("version")!r}')
    extensions = raw.get("extensions", {})
    durable, http = extensions.get("durableTask", {}), extensions.get("http", {})
    cores = os.cpu_count() or 1
    hub = resolve(str(durable.get("hubName") or "TestHubName"), environ)
    if not _HUB.fullmatch(hub):
        raise ConfigError(f"{path}: hubName {hub!r} must be 3-45 letters or digits, letter first")
    levels = raw.get("logging", {}).get("logLevel", {})
    functions = raw.get("functions")
    return HostSettings(
        hub=hub,
        route_prefix=http.get("routePrefix", "api").strip("/"),
        custom_headers=http.get("customHeaders", {}),
        max_requests=_outstanding(http),
        function_timeout=_timeout(raw.get("functionTimeout", "00:30:00")),
        max_activities=int(durable.get("maxConcurrentActivityFunctions", 10 * cores)),
        max_orchestrators=int(durable.get("maxConcurrentOrchestratorFunctions", 10 * cores)),
        max_entities=int(durable.get("maxConcurrentEntityFunctions", 10 * cores)),
        entity_batch=int(durable.get("maxEntityOperationBatchSize", 5000)),
        max_actions=int(durable.get("maxOrchestrationActions", 100_000)),
        replace_any_state=_one_of(durable, "overridableExistingInstanceStates", _OVERRIDABLE, "NonRunningStates")
        == "AnyState",
        versioning=_versioning(durable),
        queues=_queues(extensions.get("queues", {}), cores),
        only_functions=frozenset(functions) if functions else None,
        log_levels=levels,
        warnings=tuple(_warnings(raw)),
    )


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Replace %NAME% by the setting; a name that is not set is an error."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environ:
            raise ConfigError(f"%{name}% is used in {text!r}, but no setting has that name")
        return environ[name]

    return _SETTING.sub(value, text)


def parse_timespan(text: str) -> timedelta:
    """Read a .NET TimeSpan: ``[d.]hh:mm[:ss[.fffffff]]``."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+)(?::(\d+(?:\.\d+)?))?", text.strip())
    if match is None:
        raise ConfigError(f"{text!r} is no time span (hh:mm:ss)")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def is_true(value: str | None) -> bool:
    """Read a setting as the host does: true and 1 count."""
    return (value or "").lower() in {"true", "1"}


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.msg}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}:1: a JSON object is expected")
    return content


def _override(raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Apply ``AzureFunctionsJobHost__section__key``; sections match without regard to case."""
    for name, value in environ.items():
        if not name.startswith(_OVERRIDE):
            continue
        *sections, last = name.removeprefix(_OVERRIDE).split("__")
        place = raw
        for section in sections:
            place = place.setdefault(_same(place, section), {})
        place[_same(place, last)] = _literal(value)


def _same(place: dict[str, Any], name: str) -> str:
    return next((key for key in place if key.lower() == name.lower()), name)


def _literal(text: str) -> object:
    lowered = text.lower()
    return {"true": True, "false": False}.get(lowered, int(text) if text.isdigit() else text)


def _outstanding(http: dict[str, Any]) -> int | None:
    limits = [http.get("maxOutstandingRequests", -1), http.get("maxConcurrentRequests", -1)]
    wanted = [limit for limit in limits if limit and limit > 0]
    return min(wanted) if wanted else None


def _timeout(text: str) -> timedelta | None:
    return None if text == "-1" else parse_timespan(text)


def _versioning(durable: dict[str, Any]) -> Versioning:
    strategy = _one_of(durable, "versionMatchStrategy", STRATEGIES, "CurrentOrOlder")
    failure = _one_of(durable, "versionFailureStrategy", FAILURES, "Reject")
    default = durable.get("defaultVersion")
    return Versioning(None if default is None else str(default), strategy, failure == "Fail")


def _one_of(raw: dict[str, Any], name: str, words: tuple[str, ...], default: str) -> str:
    """Read an enumeration as .NET does, without regard to case."""
    given = str(raw.get(name) or default)
    found = next((word for word in words if word.lower() == given.lower()), None)
    if found is None:
        raise ConfigError(f"host.json: {name} is {given!r}; it must be one of {', '.join(words)}")
    return found


def _queues(raw: dict[str, Any], cores: int) -> QueueSettings:
    batch = int(raw.get("batchSize", 16))
    return QueueSettings(
        batch_size=min(batch, 32),
        new_batch_threshold=int(raw.get("newBatchThreshold", batch // 2 * cores)),
        max_dequeue_count=int(raw.get("maxDequeueCount", 5)),
        visibility_seconds=parse_timespan(raw.get("visibilityTimeout", "00:00:00")).total_seconds(),
        max_poll_seconds=parse_timespan(raw.get("maxPollingInterval", "00:01:00")).total_seconds(),
        base64=raw.get("messageEncoding", "base64").lower() == "base64",
    )


def _warnings(raw: dict[str, Any]) -> list[str]:
    found = []
    if "extensionBundle" not in raw:
        found.append("host.json has no extensionBundle: Azure would load no triggers")
    provider = raw.get("extensions", {}).get("durableTask", {}).get("storageProvider", {})
    if provider.get("type", "AzureStorage").lower() != "azurestorage":
        found.append(f"storageProvider {provider['type']} is ignored: this host keeps one file")
    return found
