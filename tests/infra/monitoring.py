"""`infra/monitoring.json` in its other forms: the workbook, and what the pages show of it.

python -m tests.infra.monitoring     # writes infra/workbook.json anew
"""

import json
from typing import Any

from tests.house.tree import ROOT, text

INFRA = ROOT / "infra"
RUNBOOKS = ROOT / "docs" / "runbooks"
WORKBOOK = INFRA / "workbook.json"
_RANGE = "TimeRange"
_DAY_MS = 86_400_000


def monitoring() -> Any:
    """Return the alerts and charts."""
    return json.loads(text(INFRA / "monitoring.json"))


def query_of(name: str) -> str:
    """Return the query of an alert, as a page shows it."""
    (found,) = (each for each in monitoring()["alerts"] if each["name"] == name)
    return "\n".join(["```kusto", *found["query"], "```"])


def table() -> str:
    """Return the table of the alerts, each with its runbook."""
    rows = ["| alert | fires when | severity, asked every |", "|---|---|---|"]
    return "\n".join(rows + list(map(_row, monitoring()["alerts"])))


def _row(alert: Any) -> str:
    often = alert["every"].removeprefix("PT").lower()
    return f"| [{alert['title']}](runbooks/{alert['name']}.md) | {alert['means']} | {alert['severity']}, {often} |"


def workbook() -> str:
    """Return the workbook: a choice of the time, and the charts."""
    items: list[Any] = [_time(), *map(_chart, monitoring()["charts"])]
    whole = {"version": "Notebook/1.0", "items": items, "fallbackResourceIds": [], "isLocked": False}
    return json.dumps(whole, indent=1) + "\n"


def _time() -> Any:
    choice = {
        "id": "4f1c6f4e-9c0e-5c3e-9d35-3a6e2f1d7a10",
        "version": "KqlParameterItem/1.0",
        "name": _RANGE,
        "label": "Time",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": _DAY_MS},
        "typeSettings": {"selectableValues": [{"durationMs": days * _DAY_MS} for days in (1, 7, 30)]},
    }
    content = {"version": "KqlParameterItem/1.0", "parameters": [choice], "style": "pills", "queryType": 0}
    return {"type": 9, "content": content, "name": "time"}


def _chart(chart: Any) -> Any:
    content = {
        "version": "KqlItem/1.0",
        "query": "\n".join(chart["query"]),
        "size": 0,
        "title": chart["title"],
        "timeContextFromParameter": _RANGE,
        "queryType": 0,
        "resourceType": "microsoft.insights/components",
        "visualization": chart["kind"],
    }
    return {"type": 3, "content": content, "name": chart["title"]}


if __name__ == "__main__":
    WORKBOOK.write_text(workbook(), "utf-8")
