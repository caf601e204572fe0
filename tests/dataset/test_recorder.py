"""A recorder keeps all attempts and samples in the order in which they came."""

import pytest

from simlab.dataset import recorder as recorders
from simlab.dataset.recorder import Recorder
from simlab.dataset.schema import ROWS, SAMPLES
from simlab.events import Alert, Attempt, RunStarted, Sample, Status

STARTED = RunStarted(0, "w", "virtual", 1, 1)
ALERT = Alert(5, "a", "r", "firing", 1.0, 0.5, "page", "2026", "notify")


def attempt(number: int) -> Attempt:
    failed = number % 3 == 0
    status: Status = "error" if failed else "success"
    wait = None if number % 2 else number / 8
    return Attempt(number, 0.1 * number, status, 1 + number % 7, number, 1, 2, wait,
                   "timeout" if failed else None)  # fmt: skip


def sample(number: int) -> Sample:
    return Sample(number, 1.5 * number, 200.0, number, 2 * number)


@pytest.mark.parametrize("packed_at", [1, 7, 10_000])
def test_everything_is_kept_once_in_order_however_often_it_is_packed(
    monkeypatch: pytest.MonkeyPatch, packed_at: int
) -> None:
    monkeypatch.setattr(recorders, "_FLUSH_AT", packed_at)
    recorder = Recorder()
    for number in range(100):
        for event in (STARTED, attempt(number), ALERT, sample(number)):
            recorder.emit(event)
    rows, samples = recorder.rows(), recorder.samples()
    assert rows.with_columns(rows["timestamp"].to_physical()).rows() == [
        tuple(getattr(attempt(n), name) for name in attempt(n).__struct_fields__)
        for n in range(100)
    ]
    assert samples.with_columns(samples["timestamp"].to_physical()).rows() == [
        tuple(getattr(sample(n), name) for name in sample(n).__struct_fields__) for n in range(100)
    ]
    assert dict(rows.schema) == ROWS
    assert dict(samples.schema) == SAMPLES
    assert recorder.rows().equals(rows)


def test_without_events_the_frames_are_empty_and_have_their_columns() -> None:
    recorder = Recorder()
    assert dict(recorder.rows().schema) == ROWS
    assert dict(recorder.samples().schema) == SAMPLES
    assert len(recorder.rows()) == len(recorder.samples()) == 0


def test_at_each_packing_it_reports_how_many_attempts_were_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorders, "_FLUSH_AT", 10)
    told: list[int] = []
    recorder = Recorder(told.append)
    for number in range(25):
        recorder.emit(attempt(number))
    assert told == [10, 20]
    recorder.rows()
    assert told[-1] == 25
