"""Views of the advice on sizes: a list of ours, and Graph's report cloudPcUsageCategoryReport."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.size_advice import CloudPcSizeAdvice, UsageCategory
from shared.domain.filtering import FilterError, Kinds, Scalar, accepts, read_filter, searched
from shared.domain.pages import OrderError, ordered, read_order
from shared.domain.values import Label, Value, wrong_at
from shared.errors import InvalidError, Problem
from triggers.http.odata import Collection, kinds_of

SIZE_ADVICE = Collection(
    name="reports/sizeAdvice",
    kinds=kinds_of(
        *("id", "managedDeviceName", "userPrincipalName", "servicePlanId", "servicePlanName", "usageInsight"),
        *("recommendedPlanId", "recommendedPlanName", "reason"),
        numbers="cpuPercent memoryPercent days",
    ),
    searched=("userPrincipalName", "managedDeviceName"),
)


class CloudPcSizeAdviceView(TypedDict):
    """Advice on the size of a Cloud PC. *usageInsight*: None if there is none; *reason* says why, too.

    *cpuPercent*, *memoryPercent*: what 95 % of the time in use stayed below, in the *days* that count.
    """

    id: str
    managedDeviceName: str | None
    userPrincipalName: str
    servicePlanId: str
    servicePlanName: str
    usageInsight: UsageCategory | None
    recommendedPlanId: str | None
    recommendedPlanName: str | None
    cpuPercent: int | None
    memoryPercent: int | None
    days: int
    reason: str


def size_advice_view(pc: CloudPc, advice: CloudPcSizeAdvice) -> CloudPcSizeAdviceView:
    """Return a Cloud PC with the advice on its size."""
    plan = advice.recommended
    return {
        "id": pc.id,
        "managedDeviceName": pc.current.resources.computer_name,
        "userPrincipalName": pc.user.user_principal_name,
        "servicePlanId": pc.plan.id,
        "servicePlanName": pc.plan.display_name,
        "usageInsight": advice.category,
        "recommendedPlanId": plan.id if plan else None,
        "recommendedPlanName": plan.display_name if plan else None,
        "cpuPercent": advice.cpu_percent,
        "memoryPercent": advice.memory_percent,
        "days": advice.days,
        "reason": advice.reason,
    }


_COLUMNS = {
    "CloudPcId": "id",
    "ManagedDeviceName": "managedDeviceName",
    "UserPrincipalName": "userPrincipalName",
    "ServicePlanId": "servicePlanId",
    "ServicePlanName": "servicePlanName",
    "UsageInsight": "usageInsight",
    "RecommendedPlanId": "recommendedPlanId",
    "RecommendedPlanName": "recommendedPlanName",
}
"""Columns of Graph's report, with the properties of our list that they have."""

_KINDS: Kinds = kinds_of(*_COLUMNS)
_SEARCHED = ("ManagedDeviceName", "UserPrincipalName")
_Columns = Annotated[tuple[Label, ...], Field(max_length=len(_COLUMNS))]


class RecommendationReport(Value):
    """Parameters of Graph's action retrieveCloudPcRecommendationReports."""

    report_type: Literal["cloudPcUsageCategoryReport"]
    filter: Annotated[str, Field(max_length=1000)] = ""
    select: _Columns = ()
    search: Annotated[str, Field(max_length=200)] = ""
    group_by: _Columns = ()
    order_by: _Columns = ()
    skip: int = Field(0, ge=0, le=1_000_000)
    top: int = Field(100, ge=1, le=1000)

    @model_validator(mode="after")
    def _check_columns(self) -> "RecommendationReport":
        for index, name in enumerate(self.select):
            if name not in _COLUMNS:
                raise wrong_at(f"select/{index}", f"write one of {', '.join(_COLUMNS)}")
        if self.group_by and set(self.group_by) != set(self.select):
            raise wrong_at("groupBy", "name the same columns as select")
        return self


@contextmanager
def _wrong(pointer: str) -> Iterator[None]:
    """Say of an expression that cannot be read where it is in the body."""
    try:
        yield
    except (FilterError, OrderError) as error:
        raise InvalidError(Problem(pointer, str(error))) from error


def report_of(wanted: RecommendationReport, rows: Sequence[CloudPcSizeAdviceView]) -> str:
    """Return Graph's report as its stream has it. *rows*: of our list, all with an advice. Raises: InvalidError."""
    shown: list[Mapping[str, Any]] = [{**row} for row in rows]
    table: list[dict[str, Scalar]] = [{column: row[name] for column, name in _COLUMNS.items()} for row in shown]
    with _wrong("/filter"):
        condition = read_filter(wanted.filter, _KINDS) if wanted.filter.strip() else None
    with _wrong("/search"):
        search = searched(wanted.search, _SEARCHED) if wanted.search else None
    with _wrong("/orderBy"):
        terms = read_order(",".join(wanted.order_by), _KINDS) if wanted.order_by else ()
    found = [row for row in table if all(each is None or accepts(each, row) for each in (condition, search))]
    found = ordered(found, terms) if terms else found
    names = list(wanted.select or _COLUMNS)
    values: list[list[Scalar]] = [[row[name] for name in names] for row in found]
    schema = [{"Column": name, "PropertyType": "String"} for name in names]
    if wanted.group_by:
        values = [[count, *row] for row, count in Counter(map(tuple, values)).items()]
        schema = [{"Column": "__Count", "PropertyType": "Int32"}, *schema]
    page = values[wanted.skip : wanted.skip + wanted.top]
    return json.dumps({"TotalRowCount": len(values), "Schema": schema, "Values": page}, ensure_ascii=False)
