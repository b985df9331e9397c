"""Observations of a Spot Group's hosts: the input of the engine that is read from Azure and from the records. Pure."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.domain.values import Value


class HostState(StrEnum):
    """State of a host; ``unknown``: nothing answered. Draining is no state: a host that drains is running.

    ``shutDown``: its Windows was shut down from inside, so that its machine is still allocated, and costs.
    """

    BUILDING = "building"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SHUT_DOWN = "shutDown"
    STOPPED = "stopped"
    HIBERNATED = "hibernated"
    BROKEN = "broken"
    REMOVING = "removing"
    UNKNOWN = "unknown"


class SettingsDrift(StrEnum):
    """Whether a host has other settings than its group, and when they may be changed."""

    NONE = "none"
    AT_ONCE = "atOnce"  # whoever works on it
    WHEN_EMPTY = "whenEmpty"  # the profiles would change under a session


class AgentStatus(StrEnum):
    """Status reported by the desktop agent, by the names of Azure Virtual Desktop; ``Unknown``: it was not read."""

    AVAILABLE = "Available"
    UNAVAILABLE = "Unavailable"
    SHUTDOWN = "Shutdown"
    DISCONNECTED = "Disconnected"
    UPGRADING = "Upgrading"
    UPGRADE_FAILED = "UpgradeFailed"
    NO_HEARTBEAT = "NoHeartbeat"
    NOT_JOINED_TO_DOMAIN = "NotJoinedToDomain"
    DOMAIN_TRUST_RELATIONSHIP_LOST = "DomainTrustRelationshipLost"
    SXS_STACK_LISTENER_NOT_READY = "SxSStackListenerNotReady"
    FSLOGIX_NOT_HEALTHY = "FSLogixNotHealthy"
    NEEDS_ASSISTANCE = "NeedsAssistance"
    UNKNOWN = "Unknown"


SERVES = frozenset(
    {AgentStatus.AVAILABLE, AgentStatus.NEEDS_ASSISTANCE, AgentStatus.UPGRADING, AgentStatus.UPGRADE_FAILED}
)
"""The broker gives new sessions to hosts with these (docs/notes/spotpc-avd.md 2.4)."""

OFF = frozenset({HostState.STOPPED, HostState.HIBERNATED, HostState.SHUT_DOWN})
"""States of a host on which Windows does not run, and can be started."""


class ObservedHost(Value):
    """One host at its last observation.

    A host is ``starting`` until its agent serves. *since*: when *state* and *agent* became what they are.
    *empty_since*: when the last session ended, or the host was built or started; None while there are sessions.
    *closed_since*: since when it takes no new sessions. *inactive_since*: since when nobody is active. *online_at*:
    when it last ran, None if it never did. *active* and *disconnected* are sessions; *signed_in_lately*: those that
    began within ``ARRIVALS`` (``target.py``). *drained_by_hand*: a person drains it, and the engine never reopens it.
    *excluded*: the engine leaves it alone. *proven*: whether its profile path, its join and a sign-in were tried and
    work; None: not yet. *kept_until*: when a host goes whose user has no place any more; None: they have one, or it is
    nobody's. *drift*: from the group's settings; *configuring*: that is being changed now; *settings_failed_at*: when
    that was tried last, and failed. *trouble*: in a few words why it does not work, as far as anybody knows.
    """

    id: str
    version: str
    state: HostState
    agent: AgentStatus = AgentStatus.AVAILABLE
    since: datetime
    empty_since: datetime | None = None
    closed_since: datetime | None = None
    inactive_since: datetime | None = None
    online_at: datetime | None = None
    allow_new_sessions: bool = True
    drained_by_hand: bool = False
    active: int = Field(default=0, ge=0)
    disconnected: int = Field(default=0, ge=0)
    signed_in_lately: int = Field(default=0, ge=0)
    notified_at: datetime | None = None
    excluded: bool = False
    assigned_user_id: str | None = None
    kept_until: datetime | None = None
    low_priority: bool = False
    size: str = ""
    can_hibernate: bool = False
    restarts: int = Field(default=0, ge=0)
    proven: bool | None = None
    drift: SettingsDrift = SettingsDrift.NONE
    configuring: bool = False
    settings_failed_at: datetime | None = None
    trouble: str | None = None

    @property
    def user_left(self) -> bool:
        """Whether its user has no place any more: it serves nobody, and no licence counts it."""
        return self.kept_until is not None

    @property
    def sessions(self) -> int:
        """Sessions that would be lost with the host."""
        return self.active + self.disconnected

    @property
    def serves(self) -> bool:
        """Whether it can have sessions now."""
        return self.state is HostState.RUNNING and self.agent in SERVES

    @property
    def is_open(self) -> bool:
        """Whether the broker may give it sessions that anybody may have."""
        return self.serves and self.allow_new_sessions and self.assigned_user_id is None

    @property
    def is_off(self) -> bool:
        """Whether Windows does not run on it, and can be started."""
        return self.state in OFF

    @property
    def is_uncertain(self) -> bool:
        """Whether nothing can be concluded from the observation."""
        no_word = self.state is HostState.RUNNING and self.agent is AgentStatus.UNKNOWN
        return self.state is HostState.UNKNOWN or no_word
