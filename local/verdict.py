"""Compares the result of a failure scenario with the expectations in its file.

``expect`` holds ``says`` (a sentence) and any of:

* ``end``: the final status of every Cloud PC (``provisioned``), or their counts (``{provisioned: 2, failed: 1}``);
* ``attempts``: the most attempts of a Cloud PC, exactly or as ``[min, max]``;
* ``passed``: statuses that some Cloud PC had meanwhile, read from it or from the audit log;
* ``parked``: a word of the reason for which a build was parked; ``failedSteps``: the steps that failed;
* ``codes``: error codes in the service's own records; ``messages``: parts of its messages, evidence or notes;
* ``seen``: error codes that the cloud returned (the fault did happen); ``hits``: rules by id, at least so often;
* ``requests``: ``[{op, status, code, atLeast, atMost}]``, requests that the cloud received;
* ``machines``: ``{zones: [...], sizes: [...], regions: [...]}``, where the machines are;
* ``left``: what of a failed Cloud PC may wait for its clean-up (``machines``);
* ``signIns``: sign-ins to virtual desktops by outcome, ``{failed: 0}``; ``mostWaitedSeconds`` is the longest wait;
* ``lost``: user sessions that ended without notice; ``hosts``: session hosts by status, at least so many;
* ``group``, ``release``, ``version``: the status of the Spot Group, its release or the image version at the end;
* ``clean: false``: invariants are not checked.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from local.rehearsal import Rehearsal

Json = dict[str, Any]

READY = frozenset({"provisioned", "provisionedWithWarnings"})
_WHOLE = READY | {"inGracePeriod"}
_OURS = "deskwright:cloudpc"
PARTS = {
    "machines": "Microsoft.Compute/virtualMachines",
    "interfaces": "Microsoft.Network/networkInterfaces",
    "disks": "Microsoft.Compute/disks",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation: whether it is met, and the evidence."""

    good: bool
    text: str

    def __str__(self) -> str:
        """Return the line to print."""
        return f"{'PASS' if self.good else 'FAIL'}  {self.text}"


@dataclass(slots=True)
class Seen:
    """Observations during a run: the reasons for which builds were parked, and the statuses."""

    waited: set[str] = field(default_factory=set)
    statuses: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reports of the service and the cloud about one tenant at the end."""

    cloud_pcs: Sequence[Json]
    entries: Sequence[Json]
    waited: frozenset[str]
    passed: frozenset[str]
    parts: Mapping[str, Sequence[Json]]
    findings: Sequence[Json]
    requests: Sequence[Json]
    operations: Sequence[Json]
    rules: Mapping[str, int]
    events: Sequence[Json]
    asked: Sequence[Json]
    desktops: Json = field(default_factory=dict)
    spot: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ends(self) -> Counter[str]:
        """Cloud PCs by status."""
        return Counter(str(pc["status"]) for pc in self.cloud_pcs)

    @property
    def attempts(self) -> int:
        """The most attempts of a Cloud PC."""
        return max((int(entry["attempt"]) for entry in self.entries), default=0)

    @property
    def said(self) -> str:
        """All messages of the service about failures."""
        errors = [entry.get("error") for entry in self.entries] + [entry.get("note") for entry in self.entries]
        failed = [operation.get("error") for operation in self.asked]
        details = (pc["statusDetail"] for pc in self.cloud_pcs)
        return json.dumps([*errors, *failed, *details, *self.waited])

    @property
    def seen(self) -> frozenset[str]:
        """The error codes that the cloud returned, in responses and in results of operations."""
        failed = (operation["error"] for operation in self.operations if operation["error"])
        return frozenset(str(entry.get("code")) for entry in self.requests) | {error["code"] for error in failed}


def passed_through(rehearsal: Rehearsal) -> set[str]:
    """Read the statuses from the audit log: one may have ended between two reads."""
    events = rehearsal.portal.pages(f"{rehearsal.graph}/auditEvents")
    changes = (each for event in events for part in event["resources"] for each in part["modifiedProperties"])
    return {str(each["newValue"]) for each in changes if each["displayName"] == "status"}


def gather(rehearsal: Rehearsal, seen: Seen, since: int) -> Evidence:
    """Read the service and the cloud; *since* is the last request before the scenario."""
    stack, portal, subscription = rehearsal.stack, rehearsal.portal, rehearsal.subscription
    listed = portal.pages(f"{rehearsal.graph}/cloudPCs")
    cloud_pcs = [pc for pc in listed if pc["userPrincipalName"] in rehearsal.people]
    timelines = (portal.ask("GET", f"{rehearsal.base}/cloudPCs/{pc['id']}/timeline").body for pc in cloud_pcs)

    def ours(entry: Any) -> bool:  # noqa: ANN401 - JSON is anything
        return f"/subscriptions/{subscription}/" in json.dumps(entry)

    asked = stack.ask_cloud(f"requests?since={since}&limit=20000")
    parts = {name: stack.ask_cloud(f"state?type={kind}") for name, kind in PARTS.items()}
    return Evidence(
        cloud_pcs=cloud_pcs,
        entries=[entry for timeline in timelines for entry in timeline["entries"]],
        waited=frozenset(seen.waited),
        passed=frozenset(seen.statuses),
        parts={name: [each for each in found if ours(each) and _is_ours(each)] for name, found in parts.items()},
        findings=[each for each in stack.ask_cloud("invariants")["findings"] if ours(each)],
        requests=[each for each in asked if ours(each) or each["plane"] != "arm"],
        operations=[each for each in stack.ask_cloud("operations") if ours(each)],
        rules={each["id"]: each["hits"] for each in stack.ask_cloud("faults")},
        events=stack.ask_cloud("events"),
        asked=list(portal.pages(f"{rehearsal.base}/operations")),
        desktops=stack.ask_cloud(f"state?view=broker&pool=/subscriptions/{subscription}/*"),
    )


def _is_ours(resource: Json) -> bool:
    return _OURS in (resource["body"].get("tags") or {})


def judge(expect: Mapping[str, Any], found: Evidence) -> list[Check]:
    """Compare the evidence with the expectations."""
    checks = [check for key, judged in _JUDGES.items() if key in expect for check in judged(expect[key], found)]
    return [*checks, *_whole(expect, found), *_happened(found)]


def _end(wanted: Any, found: Evidence) -> Iterator[Check]:  # noqa: ANN401 - as in the file
    total = len(found.cloud_pcs)
    counts = {wanted: total} if isinstance(wanted, str) else dict(wanted)
    shown = ", ".join(f"{count} {status}" for status, count in found.ends.items())
    yield Check(total > 0 and dict(found.ends) == counts, f"{total} Cloud PCs: {shown or 'none'} (expected: {wanted})")


def _attempts(wanted: Any, found: Evidence) -> Iterator[Check]:  # noqa: ANN401 - as in the file
    fewest, most = wanted if isinstance(wanted, list) else (wanted, wanted)
    yield Check(fewest <= found.attempts <= most, f"attempts: {found.attempts} (expected: {wanted})")


def _passed(wanted: Sequence[str], found: Evidence) -> Iterator[Check]:
    for status in wanted:
        yield Check(status in found.passed, f"somebody's Cloud PC was {status} on the way")


def _parked(word: str, found: Evidence) -> Iterator[Check]:
    notes = {str(entry["note"]) for entry in found.entries if entry.get("note")} | found.waited
    reason = next((note for note in notes if word.lower() in note.lower()), None)
    yield Check(reason is not None, f"parked: {reason or f'nobody waited for {word}'}")


def _failed_steps(wanted: Sequence[str], found: Evidence) -> Iterator[Check]:
    failed = {str(entry["step"]) for entry in found.entries if entry.get("outcome") == "failed"}
    yield Check(failed == set(wanted), f"steps that failed: {', '.join(sorted(failed)) or 'none'}")


def _codes(wanted: Sequence[str], found: Evidence) -> Iterator[Check]:
    for code in wanted:
        yield Check(f'"{code}"' in found.said, f"the service tells of {code}")


def _messages(wanted: Sequence[str], found: Evidence) -> Iterator[Check]:
    for part in wanted:
        yield Check(part.lower() in found.said.lower(), f"the service says: {part}")


def _seen(wanted: Sequence[str], found: Evidence) -> Iterator[Check]:
    for code in wanted:
        yield Check(code in found.seen, f"the cloud gave {code}")


def _hits(wanted: Mapping[str, int], found: Evidence) -> Iterator[Check]:
    for rule, least in wanted.items():
        hits = found.rules.get(rule, 0)
        yield Check(hits >= least, f"rule {rule} hit {hits} times (expected: {least} or more)")


def _requests(wanted: Sequence[Json], found: Evidence) -> Iterator[Check]:
    for row in wanted:
        globs = {key: str(row[key]) for key in ("op", "status", "code", "method", "path") if key in row}
        count = sum(
            all(fnmatchcase(str(entry[key]).lower(), glob.lower()) for key, glob in globs.items())
            for entry in found.requests
        )
        good = row.get("atLeast", 0) <= count <= row.get("atMost", count)
        yield Check(good, f"{count} requests of {' '.join(globs.values())} (expected: {json.dumps(row)})")


def _machines(wanted: Mapping[str, Sequence[str]], found: Evidence) -> Iterator[Check]:
    bodies = [each["body"] for each in found.parts["machines"]]
    there = {
        "zones": [str(zone) for body in bodies for zone in body.get("zones", ["none"])],
        "sizes": [str(body["properties"]["hardwareProfile"]["vmSize"]) for body in bodies],
        "regions": [str(body["location"]) for body in bodies],
    }
    for key, allowed in wanted.items():
        shown = ", ".join(f"{count} in {value}" for value, count in Counter(there[key]).items())
        yield Check(bool(there[key]) and set(there[key]) <= set(allowed), f"machines: {shown or 'none'}")


def _sign_ins(wanted: Mapping[str, int], found: Evidence) -> Iterator[Check]:
    counts, waited = found.desktops["signIns"], found.desktops["waitedSeconds"]["most"]
    for outcome, count in wanted.items():
        if outcome == "mostWaitedSeconds":
            yield Check(
                waited <= count, f"the longest wait for a desktop was {waited:.0f} s (expected: {count} at most)"
            )
        else:
            there = counts.get(outcome, 0)
            why = json.dumps(found.desktops["reasons"]) if there != count else ""
            yield Check(there == count, f"{there} sign-ins {outcome} (expected: {count}) {why}".rstrip())


def _lost(wanted: int, found: Evidence) -> Iterator[Check]:
    lost = found.desktops["lost"]
    yield Check(len(lost) == wanted, f"{len(lost)} sessions lost without notice (expected: {wanted})")


def _hosts(wanted: Mapping[str, int], found: Evidence) -> Iterator[Check]:
    for status, least in wanted.items():
        there = found.desktops["hosts"].get(status, 0)
        yield Check(there >= least, f"{there} session hosts {status} (expected: {least} or more)")


def _ended(name: str) -> Callable[[Any, Evidence], Iterator[Check]]:
    def judged(wanted: str, found: Evidence) -> Iterator[Check]:
        there = found.spot.get(name)
        yield Check(there == wanted, f"the {name} is {there} at the end (expected: {wanted})")

    return judged


def _whole(expect: Mapping[str, Any], found: Evidence) -> Iterator[Check]:
    """Check that every usable Cloud PC or host has one machine, interface and disk, and that there is nothing else."""
    if found.spot:
        hosts, counts = found.spot["hosts"], {name: len(each) for name, each in found.parts.items()}
        yield Check(set(counts.values()) == {hosts}, f"{hosts} hosts, " + _counted(counts))
        yield Check(not found.findings, f"invariants: {json.dumps(found.findings) if found.findings else 'clean'}")
        return
    ready = sum(count for status, count in found.ends.items() if status in _WHOLE)
    counts = {name: len(each) for name, each in found.parts.items()}
    shown = _counted(counts)
    if "left" in expect:
        good = all(count >= ready for count in counts.values())
        yield Check(good, f"{ready} usable Cloud PCs, {shown} ({expect['left']} may wait for their clean-up)")
    else:
        yield Check(set(counts.values()) == {ready}, f"{ready} usable Cloud PCs, {shown}")
    if expect.get("clean", True):
        waiting = [str(pc["id"]) for pc in found.cloud_pcs if pc["status"] == "failed" and "left" in expect]
        findings = [json.dumps(each) for each in found.findings]
        broken = [each for each in findings if not any(pc_id in each for pc_id in waiting)]
        yield Check(not broken, f"invariants: {'; '.join(broken) or 'clean'}")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _happened(found: Evidence) -> Iterator[Check]:
    """Check that the scenario's own actions were done."""
    for event in found.events:
        refused = next((act["error"] for act in event["cameTo"] if "error" in act), None)
        what = f"event {event['id']}"
        if event["happened"] is None:
            yield Check(good=False, text=f"{what} never happened ({json.dumps(event['when'])}, seen {event['seen']})")
        elif refused is not None:
            yield Check(good=False, text=f"{what} was refused: {json.dumps(refused)}")


_JUDGES: Mapping[str, Callable[[Any, Evidence], Iterator[Check]]] = {
    "end": _end,
    "attempts": _attempts,
    "passed": _passed,
    "parked": _parked,
    "failedSteps": _failed_steps,
    "codes": _codes,
    "messages": _messages,
    "seen": _seen,
    "hits": _hits,
    "requests": _requests,
    "machines": _machines,
    "signIns": _sign_ins,
    "lost": _lost,
    "hosts": _hosts,
    **{name: _ended(name) for name in ("group", "release", "version")},
}
EXPECTED = frozenset({*_JUDGES, "says", "left", "clean"})
"""The keys that ``expect`` may have."""
