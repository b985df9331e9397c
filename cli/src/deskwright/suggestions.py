"""Suggestions for unknown names: existing names that are similar. Imported only when a name is unknown."""

import difflib
from collections.abc import Iterable, Mapping

_FEW = 3
_LIKE = 0.6
_OTHER_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("get", "describe", "view", "read"), "show"),
    **dict.fromkeys(("ls", "all"), "list"),
    **dict.fromkeys(("rm", "remove", "del"), "delete"),
    **dict.fromkeys(("add", "new", "make"), "create"),
    **dict.fromkeys(("set", "change", "modify", "patch"), "update"),
    **dict.fromkeys(("cloudpc", "cloud-pc", "cloudpcs", "cloud-pcs", "desktop", "vm"), "pc"),
    **dict.fromkeys(("spot-group", "spotgroup", "spot-groups", "pool"), "spot"),
    **dict.fromkeys(("log", "logs", "history"), "audit"),
    **dict.fromkeys(("license", "licenses", "plan", "plans", "quota", "quotas"), "offer"),
    **dict.fromkeys(("reboot",), "restart"),
    **dict.fromkeys(("unassign",), "assign"),
    **dict.fromkeys(("signin", "sign-in", "auth"), "login"),
}
"""Words of other command lines, for ours."""


def alike(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'? `` with the known names that are like one; an empty text where none is."""
    by_low = {each.casefold(): each for each in known}
    low = name.casefold()
    begun = [each for each in by_low if len(low) > 1 and each.startswith(low)]
    found = dict.fromkeys([*begun, *difflib.get_close_matches(low, by_low, _FEW, _LIKE)])
    if (other := _OTHER_WORDS.get(low)) in by_low:
        found = {str(other): None, **found}
    names = [by_low[each] for each in list(found)[:_FEW]]
    return f"Did you mean {' or '.join(repr(each) for each in names)}? " if names else ""
