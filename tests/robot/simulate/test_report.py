"""The report: one page that needs nothing else, tells the verdict first, and shows what it was given."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from dialogs.model import Expect
from hardware.audio import RATE, silence
from hardware.clock import SimulatedClock
from robot.errors import InputError
from robot.events import FloorChanged
from robot.simulate.picture import draw_score
from robot.simulate.report import write_report
from robot.simulate.scenario import TurnRecord
from robot.simulate.timeline import Timeline
from tests.robot.simulate.toy import SAYS, visit


def report(folder: Path, *expects: Expect) -> str:
    scenario, timeline, played, room = visit(*expects)
    assert room.recording is not None
    patient, robot = room.recording.channels()
    write_report(
        folder / "new" / "report.html",
        title=scenario.title,
        turns=played.turns,
        opening=played.opening,
        timeline=timeline,
        patient=patient,
        robot=robot,
        about={"clock": "simulated", "seed": "0"},
    )
    return (folder / "new" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return report(tmp_path_factory.mktemp("passed"), Expect(intent="greet"))


def test_the_page_tells_the_verdict_the_words_and_the_facts(passed: str) -> None:
    assert "All 6 turns went as expected" in passed
    for shown in (*SAYS, "Adults should eat less than 5 g", "diet-salt-who", "red flag chest_pain", "820 ms", "seed"):
        assert shown in passed
    assert "interrupted the robot" in passed
    assert "nurse call acknowledged" in passed


def test_the_page_needs_nothing_else(passed: str) -> None:
    assert not re.findall(r"<(?:script|link|iframe|img|object)\b", passed)
    assert not re.findall(r"(?:\bsrc|\bhref)\s*=\s*[\"'](?!#)", passed)
    assert not re.findall(r"@import|url\((?!#)", passed)


def test_the_picture_has_the_page_s_colours_and_none_of_its_words(passed: str) -> None:
    pictures = "".join(re.findall(r"<svg.*?</svg>", passed, flags=re.DOTALL))
    assert "var(--robot)" in pictures
    assert "#0102" not in pictures
    assert "interrupted" in pictures
    assert "nurse is coming" in pictures
    assert "salt is too much" not in pictures
    for role in set(re.findall(r"var\((--[a-z-]+)", passed)) - {"--c"}:
        assert passed.count(f"{role}: ") == 2, f"{role} is defined for light and for dark"


def test_the_same_visit_gives_the_same_page(passed: str, tmp_path: Path) -> None:
    assert report(tmp_path, Expect(intent="greet")) == passed


def test_a_failed_expectation_is_named_at_the_top_and_at_its_turn(tmp_path: Path) -> None:
    page = report(tmp_path, Expect(), Expect(within_ms=100, source="diet-sugar"))
    assert "2 turns" not in page
    assert "1 of 6 turns did not go as expected" in page
    assert page.count("within_ms: expected 100, first sound after 820 ms") == 2
    assert '<tr id="turn-2" class="failed">' in page


def test_what_was_said_is_text_whatever_it_looks_like(tmp_path: Path) -> None:
    turn = TurnRecord(1, "<script>alert('x')</script>", heard="我胸口疼 & 喘不上气")
    path = tmp_path / "report.html"
    write_report(
        path,
        title="<b>",
        turns=[turn],
        opening=TurnRecord(0, ""),
        timeline=Timeline(SimulatedClock()),
        patient=silence(0),
        robot=silence(0),
        about={},
    )
    page = path.read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "我胸口疼 &amp; 喘不上气" in page


def test_an_hour_fits_on_the_page() -> None:
    timeline = Timeline(SimulatedClock())
    timeline.entries += [(0.0, FloorChanged("robot")), (3600.0, FloorChanged("nobody"))]
    sound = np.zeros(RATE * 3600, dtype=np.int16)
    strips = draw_score(timeline, sound, sound, [])
    assert len(strips) == 12
    assert "3600 s</text>" in strips[-1]


def test_a_page_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        write_report(
            tmp_path / "file" / "report.html",
            title="",
            turns=[],
            opening=TurnRecord(0, ""),
            timeline=Timeline(SimulatedClock()),
            patient=silence(0),
            robot=silence(0),
            about={},
        )
    assert caught.value.code == "output_unwritable"
