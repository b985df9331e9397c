"""Acts that cannot be undone, in one table; and the question that each asks first.

Decision 83 has the reasons. A test compares the tables with the activities that delete, stop, free or revoke, and
another plays every act of ``HELD_BACK`` with each answer: none, *still wanted*, and *not wanted*. The beginning of a
grace period can be undone, and asks all the same: its user is told that the Cloud PC goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from shared.domain.values import Value


class Question(StrEnum):
    """The question that is asked just before an act, and its source.

    What has waited for longer than ``FRESH_FOR`` between the question and an activity asks again in that activity.
    """

    CLAIM = "claim"  # the directory: the user's claim (ask_for_claim), or membership (confirmed_leavers)
    SUCCESSOR = "successor"  # Azure: whether the machine is there that has taken the place of this one
    RESOURCE = "resource"  # Azure: the thing itself, its tags, and whether anything uses it
    PERSON = "person"  # nobody else: a person has asked for it, and is in the audit log
    OWN = "own"  # nobody: it was made by the same work, and nobody has had it


class Act(StrEnum):
    """Acts that need the answer of an external source, and are held back without it; in words for people."""

    BEGIN_GRACE = "the beginning of its grace period"
    END_GRACE = "the removal at the end of the grace period"
    CANCEL = "the removal before it works"
    CLEAN_UP_REMOVED = "the clean-up after its removal"
    CLEAN_UP_FAILED = "the clean-up after its failure"
    CLEAN_UP_REPLACED = "the clean-up of the machine that was replaced"
    BUILD_ANEW = "the clean-up before it is built anew"
    REMOVE_HOST = "the removal of the host that was kept for its user"


@dataclass(frozen=True, slots=True)
class Destroys:
    """One destructive act: the things *what* that it removes, the *question* asked before, *where*, its activities."""

    what: str
    question: Question
    where: str
    activities: tuple[str, ...]


_CLOSE = ("sign_off", "revoke_sign_in", "begin_disable", "begin_deallocate")
_CLEAN_UP = (
    *("delete_session_host", "revoke_sign_in", "begin_disable", "delete_managed_device", "delete_device"),
    *("begin_vm_delete", "delete_nic", "delete_disk", "delete_restore_points"),
)
_REMOVE_HOST = (*_CLEAN_UP, "sign_off")
_IMAGE_MACHINE = ("begin_vm_delete", "delete_nic", "delete_disk")

HELD_BACK: Mapping[Act, Destroys] = MappingProxyType(
    {
        Act.BEGIN_GRACE: Destroys("nothing yet; at its end all of it", Question.CLAIM, "plan_tenant", _CLOSE),
        Act.END_GRACE: Destroys("machine, data, restore points", Question.CLAIM, "begin_deprovisioning", _CLOSE),
        Act.CANCEL: Destroys("a build, or what one that failed left", Question.CLAIM, "plan_tenant", _CLOSE),
        Act.CLEAN_UP_REMOVED: Destroys("machine, data, restore points", Question.CLAIM, "clean_up_due", _CLEAN_UP),
        Act.CLEAN_UP_FAILED: Destroys("what a failed build left", Question.CLAIM, "clean_up_due", _CLEAN_UP),
        Act.CLEAN_UP_REPLACED: Destroys("the machine before, its data", Question.SUCCESSOR, "clean_up_due", _CLEAN_UP),
        Act.BUILD_ANEW: Destroys("the machine before, its data", Question.CLAIM, "begin_attempt", _CLEAN_UP),
        Act.REMOVE_HOST: Destroys("a dedicated host, its data", Question.CLAIM, "take_host_steps", _REMOVE_HOST),
    }
)
"""Acts that wait visibly on the record of its Cloud PC, or of its session host, while nobody answers."""

OTHERS: Mapping[str, Destroys] = MappingProxyType(
    {
        "a grace period ended by hand": Destroys(
            "machine, data, restore points", Question.PERSON, "end_grace; a claim that stands wins", _CLOSE
        ),
        "a restore": Destroys("what was written since the restore point", Question.PERSON, "restore", ("begin_swap",)),
        "a resize": Destroys("the session", Question.PERSON, "resize", ("begin_deallocate", "begin_resize")),
        "an expired or surplus restore point": Destroys(
            "a restore point", Question.OWN, "restore_points_due, by the schedule", ("delete_restore_points",)
        ),
        "another attempt": Destroys("what the attempt before made", Question.OWN, "clean_up", _CLEAN_UP),
        "an orphan": Destroys("what no record knows", Question.RESOURCE, "delete_orphan", ("delete_orphan",)),
        "a member of a Spot Group who left": Destroys(
            "rights to sign in, the session",
            Question.CLAIM,
            "plan_spot_members",
            ("revoke_spot_members", "revoke_host"),
        ),
        "a Spot Group that is deleted": Destroys(
            "its hosts, pool and resource group", Question.PERSON, "remove_spot_group", ("remove_spot_group",)
        ),
        "a power-on right that nobody needs": Destroys(
            "a role assignment of a service", Question.RESOURCE, "prepare_spot_pool", ("prepare_spot_pool",)
        ),
        "a session host that the engine stops or removes": Destroys(
            "its machine; it has no session by Azure's word",
            Question.RESOURCE,
            "observe_spot_hosts",
            (*_REMOVE_HOST, "begin_deallocate", "begin_hibernate", "release_session_host"),
        ),
        "an image build that ends": Destroys(
            "its own machine, and what it has imported",
            Question.OWN,
            "build_device_image",
            (*_IMAGE_MACHINE, "delete_import"),
        ),
        "an image version that is deleted": Destroys(
            "the version; Azure refuses while something uses it",
            Question.PERSON,
            "delete_image_version",
            ("delete_gallery_version",),
        ),
        "a way in to a version's machine": Destroys(
            "its address, rule and password",
            Question.PERSON,
            "connect",
            ("open_way_in", "close_way_in", "forget_secret"),
        ),
        "what carried a script": Destroys("the run command or extension", Question.OWN, "", ("begin_carrier_removal",)),
        "a join password that was changed": Destroys("the one before", Question.PERSON, "", ("retire_passwords",)),
    }
)
"""Acts that wait for nobody, or are reported by another record."""


def destroying_activities() -> frozenset[str]:
    """Return the activities of all acts."""
    return frozenset(name for act in (*HELD_BACK.values(), *OTHERS.values()) for name in act.activities)


FRESH_FOR = timedelta(minutes=10)
"""The time for which an answer counts: an act that has waited longer asks again."""


class Unanswered(Value):
    """The source did not answer, or only in part: nothing is known, and nothing is done."""

    why: str


class Confirmation(Value):
    """The answer that *act* may be done, and *at* which moment it was given.

    *subject_id*: a Cloud PC, of which *generation* is the build, or a session host, of which it is the task (``run``).
    """

    act: Act
    tenant_id: str
    subject_id: str
    generation: int
    at: datetime

    def counts(self, now: datetime) -> bool:
        """Whether the answer is new enough to act on."""
        return now - self.at <= FRESH_FOR


class HeldBack(Value):
    """An act that waits for an answer: *act* in words, *why*, since when, and when it is asked again."""

    act: str
    why: str
    since: datetime
    next_at: datetime

    @property
    def sentence(self) -> str:
        """The waiting act, its beginning, its reason and its next attempt, for people."""
        since, until = f"{self.since:%Y-%m-%d %H:%M}", f"{self.next_at:%H:%M}"
        return f"{self.act[0].upper()}{self.act[1:]} waits since {since} UTC: {self.why}. It is asked again at {until}."


def held_back(before: HeldBack | None, act: str, why: str, *, at: datetime, next_at: datetime) -> HeldBack:
    """Return the record that *act* is held back: since *at*, or since it was first held back."""
    since = before.since if before is not None and before.act == act else at
    return HeldBack(act=act, why=why, since=since, next_at=next_at)
