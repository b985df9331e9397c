"""Routes of the advice on sizes: our list, and the report by which Graph gives it."""

from __future__ import annotations

import azure.functions as func

from shared.services.usage.size_advice import size_advice
from shared.workflow import Blueprint
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.openapi_metadata import Page, Text
from triggers.http.views.size_advice import (
    SIZE_ADVICE,
    CloudPcSizeAdviceView,
    RecommendationReport,
    report_of,
    size_advice_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/reports/sizeAdvice", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(CloudPcSizeAdviceView), query=SIZE_ADVICE)
async def list_size_advice(call: Call) -> Response:
    """List the Cloud PCs with the advice on their sizes, or the reason why there is none; nothing acts on it."""
    views = [size_advice_view(pc, advice) for pc, advice in await size_advice(call.context)]
    return await graph_whole_list(call, SIZE_ADVICE, views)


@bp.route(route=f"{BASE}/report/retrieveCloudPcRecommendationReports", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/reports/read", graph=True, accepts=RecommendationReport, returns={200: Text()}, mutates=False
)
async def retrieve_recommendation_reports(call: Call) -> Response:
    """Return Graph's report of usage categories: those Cloud PCs of which there is an advice."""
    wanted = call.read(RecommendationReport)
    views = [size_advice_view(pc, advice) for pc, advice in await size_advice(call.context) if advice.category]
    return Response(200, report_of(wanted, views), kind="application/octet-stream")
