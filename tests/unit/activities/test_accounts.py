"""The script that disables a computer account, as text: no test runs Windows."""

import re

from activities.machines.accounts import STEP
from activities.machines.run_commands import assemble

SOURCE = assemble((STEP,), frame="frame", below="account/")


def test_it_is_one_step_and_its_values_are_parameters() -> None:
    assert re.findall(r"^# step: (\w+)$", SOURCE, re.MULTILINE) == [STEP]
    assert all(f"[string] ${name}" in SOURCE for name in ("ComputerName", "Domain", "User", "Password"))


def test_it_disables_and_never_deletes() -> None:
    assert "userAccountControl" in SOURCE
    assert not re.search(r"\b(Delete\w*|Remove-\w+)\b", SOURCE)


def test_braces_and_parentheses_close() -> None:
    code = re.sub(r"'[^']*'|\"[^\"]*\"", "", re.sub(r"(?m)(^|\s)#.*$", "", SOURCE))
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)
