"""OpenTelemetry's SDK: logs by a batch processor, its own instruments, both to files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import strategy_rules
from simlab.bench.stacks.default import LOG
from simlab.bench.stacks.judged import RUN_ID, Told, fields_of
from simlab.bench.stacks.missing import needed_by
from simlab.events import Attempt
from simlab.telemetry.families import HELP, STATUSES, edges_of
from simlab.telemetry.jsonlog import LOGGER, level_of, message_of

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk._logs import ReadableLogRecord

SLOW_S: Final = 2.0
METRICS: Final = "metrics.json"


class OpenTelemetry:
    """Logger, meter, and a batch processor and a periodic reader with the SDK's own defaults.

    The exporters are those that write to a stream, with a file for it: nothing is sent. Events
    are told to the SDK's logger itself; through `logging` they would cost more. The processor
    keeps 2,048 records at most, and drops the oldest for those that come when it is full.
    """

    def __init__(self, folder: Path) -> None:
        with needed_by("opentelemetry"):
            from opentelemetry._logs import SeverityNumber  # noqa: PLC0415  # of an extra
            from opentelemetry.sdk import _logs, metrics, resources  # noqa: PLC0415  # as above
            from opentelemetry.sdk._logs import export as logs_export  # noqa: PLC0415  # as above
            from opentelemetry.sdk.metrics import export as metrics_export  # noqa: PLC0415  # as above

        self._told = self._written = 0
        self._files = [(folder / name).open("a", encoding="utf-8") for name in (LOG, METRICS)]
        resource = resources.Resource.create({"service.name": "inventory"})
        self._logs = _logs.LoggerProvider(resource)
        exporter = logs_export.ConsoleLogRecordExporter(self._files[0], self._line)
        self._logs.add_log_record_processor(logs_export.BatchLogRecordProcessor(exporter))
        reader = metrics_export.PeriodicExportingMetricReader(
            metrics_export.ConsoleMetricExporter(
                self._files[1], lambda told: told.to_json(indent=None) + "\n"
            )
        )
        self._meters = metrics.MeterProvider([reader], resource)
        self._severities = {
            20: SeverityNumber.INFO, 30: SeverityNumber.WARN, 40: SeverityNumber.ERROR
        }  # fmt: skip
        self._logger = self._logs.get_logger(LOGGER)
        self._count = _Instruments(self._meters.get_meter(LOGGER)).count
        self._judge = Evaluator(strategy_rules(), run_id=RUN_ID).observe

    def emit(self, event: Attempt) -> None:
        """Judge, log and count one event, and log the alerts it brings."""
        alerts = self._judge(event)
        self._log(event)
        self._count(event)
        for alert in alerts:
            self._log(alert)

    def drain(self) -> None:
        """Export all that waits."""
        self._logs.force_flush()
        self._meters.force_flush()

    def close(self) -> None:
        """Drain, and shut the providers down."""
        self.drain()
        self._logs.shutdown()
        self._meters.shutdown()
        for file in self._files:
            file.close()

    @property
    def dropped(self) -> int:
        """Records that never came to be exported, those that wait still among them."""
        return self._told - self._written

    def _log(self, event: Told) -> None:
        severity = self._severities[level_of(event)]
        self._told += 1
        self._logger.emit(
            timestamp=event.time_us * 1000,
            severity_number=severity,
            severity_text=severity.name,
            body=message_of(event),
            attributes=fields_of(event),
        )

    def _line(self, record: "ReadableLogRecord") -> str:
        self._written += 1
        told = record.log_record
        head = {"level": told.severity_text, "logger": LOGGER, "message": told.body}
        return json.dumps({**(told.attributes or {}), **head}) + "\n"


class _Instruments:
    """The histogram and the counters, with attributes made beforehand."""

    def __init__(self, meter: "Meter") -> None:
        self._durations = meter.create_histogram(
            "inv_batch_duration_seconds", "s", HELP["inv_batch_duration_seconds"],
            explicit_bucket_boundaries_advisory=edges_of(SLOW_S, ()),
        )  # fmt: skip
        self._batches, self._errors, self._retried, self._slow = (
            meter.create_counter(name, description=HELP[name])
            for name in ("inv_batches", "inv_errors", "inv_retries", "inv_slow_batches")
        )
        self._statuses = {status: {"status": status} for status in STATUSES}

    def count(self, event: Attempt) -> None:
        self._durations.record(event.duration)
        self._batches.add(1, self._statuses[event.status])
        if event.error_type is not None:
            self._errors.add(1, {"error_type": event.error_type})
        if event.duration > SLOW_S:
            self._slow.add(1)
        if event.status == "retry":
            self._retried.add(1)
