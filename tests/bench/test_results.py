"""What may be said of measurements: intervals, noise, energy; and what is kept of half of one."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.bench import energy
from assistant.bench.energy import open_meter
from assistant.bench.energy_mac import PowerMetrics
from assistant.bench.measure import measure
from assistant.bench.results import Sample, TaskResult
from assistant.bench.suites import suite_task, work_tasks
from assistant.bench.tasks import Request, Task
from assistant.chat.generator import ReplyEvent, ReplyOptions
from assistant.chat.messages import Message
from assistant.errors import UsageError
from tests.scripted import ScriptedGenerator

TASK = Task("t", "", tuple(Request(f"question {i}") for i in range(4)))


def result(ratios: list[list[float]], plain: float = 50.0) -> TaskResult:
    """Of requests with the speedups of their rounds."""
    samples = [Sample(i, plain, plain * ratio) for i, rounds in enumerate(ratios) for ratio in rounds]
    return TaskResult(TASK, samples)


def test_an_interval_holds_the_median_and_narrows_with_requests() -> None:
    few = result([[1.0], [2.0], [3.0]])
    many = result([[1.0], [2.0], [3.0]] * 20)
    assert few.interval == (1.0, 3.0)
    assert few.speedup == 2.0 and many.interval
    low, high = many.interval
    assert low <= many.speedup <= high and high - low < 2.0
    assert result([[2.0, 2.0]] * 5).interval == (2.0, 2.0)
    assert TaskResult(TASK).interval is None and result([[1.0, 2.0]]).interval is None


def test_rounds_of_one_request_are_no_new_evidence() -> None:
    assert result([[1.0] * 50, [3.0] * 50]).interval == (1.0, 3.0)


def test_noise_is_what_plain_speeds_differ_by() -> None:
    samples = [Sample(0, 90, 1), Sample(0, 110, 1), Sample(1, 100, 1), Sample(1, 100, 1)]
    assert TaskResult(TASK, samples).noise == pytest.approx(0.1)
    assert result([[1.0]]).noise is None


class InterruptedGenerator(ScriptedGenerator):
    def reply(self, messages: Sequence[Message], options: ReplyOptions) -> Iterator[ReplyEvent]:
        if len(self.asked) == 6:
            raise KeyboardInterrupt
        return super().reply(messages, options)


def test_what_was_measured_is_kept_when_it_is_interrupted() -> None:
    found = measure(InterruptedGenerator(*["x"] * 9), [TASK], rounds=3, report=lambda *_: None)
    assert found.stopped == "interrupted"
    assert [sample.request for sample in found.results[0].samples] == [0, 1]


def test_time_runs_out_for_all_tasks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(999))
    monkeypatch.setattr("assistant.bench.measure.time.monotonic", lambda: next(clock))
    generator = ScriptedGenerator(*["x"] * 99)
    found = measure(generator, [TASK, TASK], rounds=2, report=lambda *_: None, seconds=7)
    assert found.stopped == "out of time"
    counts = [len(one.samples) for one in found.results]
    assert min(counts) > 0 and max(counts) - min(counts) <= 1


def rapl(folder: Path, name: str, microjoules: int) -> Path:
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(str(microjoules))
    (folder / "max_energy_range_uj").write_text("1000000")
    return folder / "energy_uj"


def test_packages_are_metered_also_when_their_counter_wraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy, "_gpus", list)
    assert open_meter(tmp_path) is None
    counter = rapl(tmp_path / "intel-rapl:0", "package-0", 900_000)
    rapl(tmp_path / "intel-rapl:0:0", "core", 1)
    rapl(tmp_path / "intel-rapl:1", "psys", 1)
    meter = open_meter(tmp_path)
    assert meter and meter.sources == ("RAPL package-0",)
    for now, joules in ((950_000, 0.05), (100_000, 0.2), (600_000, 0.7)):
        counter.write_text(str(now))
        assert meter.joules() == pytest.approx(joules)


def test_a_counter_that_may_not_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "_gpus", list)
    rapl(tmp_path / "intel-rapl:0", "package-0", 1).unlink()
    assert open_meter(tmp_path) is None


def test_gpus_are_metered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class NVMLError(Exception):
        pass

    readings = {0: iter([1000, 3500])}

    def energy_of(device: int) -> int:
        if device not in readings:
            raise NVMLError
        return next(readings[device])

    nvml = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetTotalEnergyConsumption=energy_of,
    )
    monkeypatch.setattr(energy, "_gpus", lambda: energy._nvml_counters(nvml))
    meter = open_meter(tmp_path)
    assert meter and meter.sources == ("NVML GPU 0",)
    assert meter.joules() == 2.5


def test_powermetrics_is_added_up_while_it_runs(tmp_path: Path) -> None:
    program = tmp_path / "powermetrics"
    program.write_text(
        "#!/bin/sh\n"
        "echo '*** Sampled system activity ***'; echo 'CPU Power: 9 mW'\n"
        "echo 'Combined Power (CPU + GPU + ANE): 20000 mW'\n"
        "exec sleep 60\n"
    )
    program.chmod(0o755)
    meter = PowerMetrics(str(program))
    deadline = time.monotonic() + 20
    while not (first := meter.joules()) and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.monotonic()
    time.sleep(0.05)
    joules, seconds = meter.joules() - first, time.monotonic() - began
    meter.close()
    assert joules == pytest.approx(20 * seconds, rel=0.5)


def test_energy_of_answers_is_told_by_token() -> None:
    class Growing:
        sources: tuple[str, ...] = ("x",)
        count = 0.0

        def joules(self) -> float:
            self.count += 3.0
            return self.count

        def close(self) -> None: ...

    found = measure(ScriptedGenerator(*["x"] * 9), [TASK], rounds=1, report=lambda *_: None, meter=Growing())
    assert found.results[0].joules_per_token() == (0.75, 0.75)  # four tokens an answer
    assert found.power_w and found.power_w > 0


def test_the_five_kinds_of_work() -> None:
    tasks = {task.name: task.requests for task in work_tasks()}
    assert set(tasks) == {"boilerplate", "tests", "refactoring", "algorithm", "free-form"}
    for name, requests in tasks.items():
        assert len({request.question for request in requests}) >= 8
        assert all(bool(request.sources) == (name in ("tests", "refactoring")) for request in requests)
        assert all(bool(request.prefix) == (name == "refactoring") for request in requests)


HUMANEVAL = (
    '{"task_id": "HumanEval/0", "prompt": "def f(x):\\n    \\"\\"\\"Twice x.\\"\\"\\"\\n", "test": ""}\n'
)
MBPP = '{"text": "Write twice(x).", "task_id": 1, "code": "", "test_list": ["assert twice(2) == 4"]}\n'


@pytest.mark.parametrize(
    ("suite", "text", "asked"), [("humaneval", HUMANEVAL, "Twice x."), ("mbpp", MBPP, "assert twice(2) == 4")]
)
def test_public_suites(tmp_path: Path, suite: str, text: str, asked: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(text * 3)
    read: Callable[..., Task] = suite_task
    task = read(suite, path, 2)
    assert (task.name, len(task.requests)) == (suite, 2)
    assert asked in task.requests[0].question and task.requests[0].prefix == "```python\n"
    for wrong in ("", "{}", "no json"):
        path.write_text(wrong)
        with pytest.raises(UsageError, match=r"data\.jsonl"):
            read(suite, path, 2)
