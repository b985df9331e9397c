"""The warning in the session before something interrupts it: one for every action, rebuild and removal."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.builds import WARN_SESSIONS, Warned, WarnOrder
from shared.workflow import CallFailedError, Context, Steps, call, pause


def warn(ctx: Context, order: WarnOrder | None) -> Steps[None]:
    """Warn in the sessions on a machine, and leave their users the time that was said.

    Orders of a release without warnings have none. What cannot be shown holds up nothing.
    """
    if order is None:
        return
    try:
        warned = yield from call(ctx, WARN_SESSIONS, order)
    except CallFailedError:
        return
    if isinstance(warned, Warned) and warned.minutes:
        yield from pause(ctx, timedelta(minutes=warned.minutes))
