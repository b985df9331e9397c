"""``health``: findings about a tenant or the service, with an exit code for scripts and probes."""

from typing import Any

import click

from deskwright import session
from deskwright.operations import operation

_CODES = {"ok": 0, "warning": 10, "error": 20}
_COLUMNS = ("SECTION=section", "SEVERITY=severity", "CODE=code", "SUBJECT=subject", "MESSAGE=message")


def _health(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Show the findings of each section: of the tenant, or with --service of the service and all tenants.

    The exit code is 0 when all is well, 10 when something is a warning and 20 when something is an error; dismissed
    sections do not count. Each code has a page of cause and cure in docs/health.md.
    """
    whole = values.pop("service")
    use = session.of(values)
    address = operation("get_service_health").address("", {}) if whole else use.address("get_tenant_health")
    report = use.client.ask("GET", address).body
    if use.output.in_columns:
        use.output.items(_rows(report), _COLUMNS)
    else:
        use.output.item(report)
    click.get_current_context().exit(_CODES.get(report["status"], 1))


def _rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each finding, one for each section without any, and one for each tenant that is not well."""
    rows: list[dict[str, Any]] = []
    for section in report["sections"]:
        name = section["name"]
        if section["dismissed"]:
            rows.append({"section": name, "severity": "dismissed", "message": f"until {section['dismissed']['until']}"})
            continue
        rows += [{"section": name, **message} for message in section["messages"]]
        if not section["messages"]:
            rows.append({"section": name, "severity": "ok"})
    rows += [
        {"section": "tenant", "severity": each["status"], "code": ", ".join(each["codes"]), "subject": each["id"]}
        for each in report.get("tenants", ())
        if each["status"] != "ok"
    ]
    return rows


_PARAMS: list[click.Parameter] = [
    click.Option(["--service"], is_flag=True, help="The service and all tenants: for who operates it.")
]
health: click.Command = session.options(click.Command("health", params=_PARAMS, callback=_health, help=_health.__doc__))  # type: ignore[assignment]  # a command with more options
