"""structlog: a filtering bound logger that writes lines itself, as its docs have it for speed."""

from logging import INFO
from pathlib import Path

from simlab.bench.stacks.default import LOG
from simlab.bench.stacks.judged import JudgedStack, Told, fields_of
from simlab.bench.stacks.missing import needed_by
from simlab.telemetry.jsonlog import LOGGER, level_of, message_of


class Structlog(JudgedStack):
    """The processors of its performance guide, with the standard library's JSON.

    Its `WriteLogger` flushes each line. It leaves rotation to others, so there is none here; a
    time stamp of its own is left out, since events bring theirs. What cannot be written is raised
    into the caller.
    """

    def __init__(self, folder: Path) -> None:
        with needed_by("structlog"):
            import structlog  # noqa: PLC0415  # of an extra

        super().__init__()
        self._file = (folder / LOG).open("a", encoding="utf-8")
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.EventRenamer("message", replace_by="_event"),
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(INFO),
            context_class=dict,
            cache_logger_on_first_use=True,
        ).bind(logger=LOGGER)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _log(self, event: Told) -> None:
        fields = fields_of(event)
        fields["_event"] = fields.pop("event")  # structlog's own name for the message
        self._logger.log(level_of(event), message_of(event), **fields)
