"""A measurement as text, as a page, and beside an earlier one."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from assistant.bench.measure import measure
from assistant.bench.report import as_html, as_markdown, compare, document, read_document
from assistant.bench.tasks import Request, Task
from assistant.errors import UsageError
from tests.scripted import ScriptedGenerator


@pytest.fixture
def found() -> dict[str, Any]:
    tasks = [Task("a|<b>", "", (Request("x"), Request("y"))), Task("plain", "", (Request("z"),))]
    measured = measure(ScriptedGenerator(*["x"] * 99), tasks, rounds=2, report=lambda *_: None)
    return document(
        measured, model="<m>", file="m.gguf", threads=2, rounds=2, cost_curve=[0.0, 0.01, 0.012, 0.015]
    )


def test_markdown_tables(found: dict[str, Any]) -> None:
    lines = as_markdown(found).splitlines()
    row = next(line for line in lines if "a\\|<b>" in line)
    assert "1.00x | 1.00–1.00 |" in row and "2/2" in row
    assert any("| plain | lookup |" in line for line in lines)
    assert all(line.count(" | ") == lines[2].count(" | ") for line in lines[2:6])


def test_the_page_is_whole_and_asks_for_nothing(found: dict[str, Any]) -> None:
    page = as_html(found)
    assert "<script" not in page and "http" not in page and "<b>" not in page
    body = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>").replace('<meta charset="utf-8">', ""))
    charts = list(body.iter("svg"))
    assert [len(list(chart.iter("rect"))) for chart in charts] == [2, 4, 0]
    assert len(list(charts[2].iter("polyline"))) == 2
    assert "Partial" not in page and "Partial: interrupted." in as_html(found | {"stopped": "interrupted"})


def test_against_an_earlier_run(found: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "then.json"
    then = json.loads(json.dumps(found))
    then["tasks"][0] |= {"speedup": 1.4, "speedup_interval_95": [1.3, 1.5], "plain_tps": 25.0}
    then["tasks"][1]["task"] = "other"
    path.write_text(json.dumps(then))
    (change,) = compare(found, read_document(path))
    assert (change.task, change.speedup_then, change.speedup_now, change.clear) == ("a|<b>", 1.4, 1.0, True)
    assert change.plain_ratio == 2.0
    del then["tasks"][0]["speedup_interval_95"]
    then["tasks"][0]["speedup_middle_half"] = [0.9, 1.5]
    assert not compare(found, then)[0].clear
    assert "1.40x | 1.00x | 2.00 | yes" in as_markdown(found, [change])


@pytest.mark.parametrize("text", ["", "[]", '{"tasks": [{"task": "a"}]}'])
def test_no_earlier_run(tmp_path: Path, text: str) -> None:
    path = tmp_path / "then.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="no document"):
        read_document(path)
