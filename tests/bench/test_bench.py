"""That each part of the benchmark runs and writes its results; the numbers of so few calls say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from . import page_v1, page_v2, server
from .__main__ import PARTS, main
from .clients import CLIENTS, Worker, environment
from .measure import Goal, Samples, certificates, summarize

INSTALLED = [client for client in CLIENTS if client.requirement is None]
FEW = ["http.client", "httpx.Client", "smooch.Smooch", "smooch.v2.AsyncSmooch"]


@pytest.fixture(scope="module")
def authority():
    with certificates() as (_, authority):
        yield authority


@pytest.fixture(scope="module")
def url():
    with server.running() as url:
        yield url


@pytest.mark.parametrize("client", INSTALLED, ids=lambda client: client.name)
def test_every_client_does_every_job(client, url, authority):
    with Worker(client, url, authority) as worker:
        for method in ("post", "list_messages"):
            for in_flight in (1, 3):
                result = worker.do("calls", method=method, in_flight=in_flight, count=10)
                assert result["failed"] == 0
                assert result["calls_per_second"] > 0
        page = page_v1.PAGE if client.version == "v1" else page_v2.PAGE
        assert worker.do("parse", text=json.dumps(page), seconds=0.01).keys() == {"models", "json_alone"}
        assert worker.do("memory_of_clients", count=2).keys() == {"bytes"}
        assert worker.do("memory_of_messages", first=200, then=300).keys() == {"bytes"}


@pytest.mark.parametrize("part", PARTS)
def test_every_part_writes_its_results(part, tmp_path, capsys):
    folder = tmp_path / "bench"
    folder.mkdir()
    readme = tmp_path / "README.md"
    readme.write_text("Before\n<!-- goals, written by make bench -->\nold\n<!-- end of goals -->\nafter\n")

    status = main(
        [part, "--rounds", "1", "--seconds", "0.01", "--many", "40", "--folder", str(folder), "--clients", *FEW]
    )

    results = json.loads((folder / "results.json").read_text())
    assert status == (0 if all(goal["is_met"] for goal in results[part]["goals"]) else 1)
    page, printed = (folder / "RESULTS.md").read_text(), capsys.readouterr().out
    assert all(f"## {table['title']}\n" in page for table in results[part]["tables"])
    for goal in results[part]["goals"]:
        assert all(goal["name"] in text for text in (printed, page, readme.read_text()))
    assert "old" not in readme.read_text()
    assert readme.read_text().endswith("after\n")
    if part == "calls":
        chart = ElementTree.fromstring((folder / "results.svg").read_text())
        assert chart.tag.endswith("svg")


def test_two_parts_share_one_page(tmp_path):
    folder = tmp_path / "bench"
    folder.mkdir()
    arguments = ["--rounds", "1", "--many", "40", "--folder", str(folder), "--clients", "smooch.Smooch"]
    main(["receiving", *arguments])
    main(["memory", *arguments])
    page = (folder / "RESULTS.md").read_text()
    assert "## Receiving\n" in page
    assert "## Memory and connections\n" in page


def test_the_guide_quotes_the_goals_of_the_results():
    folder = Path(__file__).parent
    results = json.loads((folder / "results.json").read_text())
    quoted = [line for line in (folder.parent / "README.md").read_text().splitlines() if line.endswith(" |")]
    page = (folder / "RESULTS.md").read_text().splitlines()
    for goal in (goal for part in results.values() for goal in part["goals"]):
        (line,) = (line for line in page if line.startswith(f"| {goal['name']} |"))
        assert line in quoted


def test_ratios_are_taken_round_by_round():
    samples, numbers = Samples(), iter([1, 2, 30, 10])
    samples.collect(["ours", "theirs"], ["cost"], 2, lambda _: [next(numbers)])
    assert samples.ratio("cost", "ours", "theirs") == [0.5, 3]
    assert samples.ratio("cost", "ours", "left out") == []


def test_the_median_decides_whether_a_goal_is_met():
    assert Goal("at most", [1, 2, 9], maximum=2).is_met
    assert not Goal("at most", [1, 3, 3], maximum=2).is_met
    assert Goal("at least", [1, 2, 9], minimum=2).is_met
    assert not Goal("at least", [1, 1, 9], minimum=2).is_met
    assert summarize([3, 1, 2]) == (1, 2, 3)


def test_processes_keep_bytecode_and_use_no_proxy(monkeypatch):
    for name in ("PYTHONDONTWRITEBYTECODE", "https_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LANG", "C.UTF-8")
    names = environment().keys()
    assert "LANG" in names
    assert names.isdisjoint({"PYTHONDONTWRITEBYTECODE", "https_proxy", "HTTP_PROXY"})


def test_a_part_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "no such part: speed" in capsys.readouterr().err


def test_a_server_counts_connections(url, authority):
    from .memory import opened

    before = opened(url)
    assert opened(url) == before + 1
    with Worker(INSTALLED[0], url, authority):
        pass
    assert opened(url) == before + 3
