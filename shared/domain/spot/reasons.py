"""Why the engine takes a step: a code for programs, a sentence for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """The reason of a step. No sentence has a time in it: a plan changes only when there is something else to do."""

    HOSTS_MISSING = "hostsMissing"
    SEATS_NEEDED = "seatsNeeded"
    SIGN_INS_RISE = "signInsRise"
    SIGN_INS_EXPECTED = "signInsExpected"
    MINIMUM_ONLINE = "minimumOnline"
    SCHEDULE_AHEAD = "scheduleAhead"
    RELEASE_NEEDS_SEATS = "releaseNeedsSeats"
    TOKEN_AGES = "tokenAges"  # noqa: S105 - no password
    NOT_NEEDED = "notNeeded"
    IDLE = "idle"
    STILL_ALLOCATED = "stillAllocated"
    ONLY_DISCONNECTED = "onlyDisconnected"
    TOO_MANY_HOSTS = "tooManyHosts"
    USER_LEFT = "userLeft"
    BROKEN = "broken"
    FAILED_IN_RELEASE = "failedInRelease"
    CANARY = "canary"
    NEW_VERSION = "newVersion"
    OLD_VERSION = "oldVersion"
    NOTICE_IS_OVER = "noticeIsOver"
    DRAINED_BY_HAND = "drainedByHand"
    START_ON_CONNECT = "startOnConnect"
    SETTINGS_DIFFER = "settingsDiffer"


SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.HOSTS_MISSING: "The group has {hosts} of the {wanted} hosts that its licences need.",
        Reason.SEATS_NEEDED: "{free} seats are free or on their way; {spare} are kept free.",
        Reason.SIGN_INS_RISE: "{free} seats are free or on their way; at the rate of sign-ins {spare} are needed.",
        Reason.SIGN_INS_EXPECTED: "{free} seats are free or on their way; {spare} users sign in soon on other days.",
        Reason.MINIMUM_ONLINE: "{online} hosts are online or on their way; the minimum is {minimum}.",
        Reason.SCHEDULE_AHEAD: "The schedule wants {minimum} hosts online when its next phase begins.",
        Reason.RELEASE_NEEDS_SEATS: "The users of the old version's hosts need {spare} seats on the new version's.",
        Reason.TOKEN_AGES: "The host has been off for {days} days; it runs for a while so that its token stays valid.",
        Reason.NOT_NEEDED: "Without the host {free} seats stay free; {spare} are kept free.",
        Reason.IDLE: "Nobody uses the host, and it has not been needed for {minutes} minutes.",
        Reason.STILL_ALLOCATED: "Windows was shut down on the host; its machine is still allocated, and costs.",
        Reason.ONLY_DISCONNECTED: "The session is only disconnected; hibernation keeps it.",
        Reason.TOO_MANY_HOSTS: "The group has {hosts} hosts; its licences need {wanted}.",
        Reason.USER_LEFT: "The host's user has no place in the group any more.",
        Reason.BROKEN: "The host does not serve: its state is {state}, its agent reports {agent}.",
        Reason.FAILED_IN_RELEASE: "The host failed in a release, which stopped {hours} hours ago.",
        Reason.CANARY: "The first host of version {version} shows whether the version works.",
        Reason.NEW_VERSION: "{hosts} of {wanted} hosts have version {version}.",
        Reason.OLD_VERSION: "The host has version {old}; version {version} is released.",
        Reason.NOTICE_IS_OVER: "The user was told {minutes} minutes before.",
        Reason.DRAINED_BY_HAND: "A person drains the host.",
        Reason.START_ON_CONNECT: "The host is off; Azure Virtual Desktop may start it for a user who finds no other.",
        Reason.SETTINGS_DIFFER: "The host has other settings than the group.",
    }
)


def says(reason: Reason, **facts: object) -> str:
    """Return the sentence of *reason* with its *facts*."""
    return SENTENCES[reason].format_map(facts)
