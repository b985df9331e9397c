"""Spans and metrics of one test, as the in-memory exporters of OpenTelemetry's SDK see them."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import telemetry

_AS_AZURE_MONITOR: dict[type, AggregationTemporality] = dict.fromkeys(
    (Counter, Histogram, ObservableCounter), AggregationTemporality.DELTA
)
"""Instruments sent as the difference to the last time; a gauge is sent again each time (AzureMonitorMetricExporter)."""


class Seen:
    """Telemetry sent so far."""

    def __init__(self, spans: InMemorySpanExporter, reader: InMemoryMetricReader) -> None:
        self._spans, self._reader = spans, reader
        self._points: dict[str, list[Any]] = defaultdict(list)

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._spans.get_finished_spans()}

    def points(self, name: str) -> list[Any]:
        """Send the measurements since the last time, and return all points of a metric that were ever sent."""
        data = self._reader.get_metrics_data()
        found = [] if data is None else data.resource_metrics
        for metric in (metric for each in found for scope in each.scope_metrics for metric in scope.metrics):
            self._points[metric.name] += metric.data.data_points
        return self._points[name]


@contextmanager
def measured() -> Iterator[Seen]:
    """Put an SDK in place for a while: OpenTelemetry lets a process have only one for good."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader(_AS_AZURE_MONITOR)
    tracing, metering = TracerProvider(), MeterProvider([reader])
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "get_tracer", tracing.get_tracer)
        patch.setattr(metrics, "get_meter", metering.get_meter)
        telemetry.reset_instruments()
        yield Seen(spans, reader)
    telemetry.reset_instruments()
    metering.shutdown()
