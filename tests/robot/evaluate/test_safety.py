from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot.config import Config, Embedding
from robot.content import Content, load_content
from robot.errors import InputError
from robot.evaluate.safety import baseline
from robot.evaluate.safety.command import SUITES, evaluate_safety
from robot.evaluate.safety.disturb import Disturber, growing, swapped
from robot.evaluate.safety.measure import Gate, Outcome, Share
from robot.evaluate.safety.pictures import dots, grid
from robot.evaluate.safety.red_flags import RedFlagSuite
from robot.evaluate.safety.robot_under_test import RobotUnderTest
from robot.evaluate.safety.sentences import load_sentences
from robot.evaluate.safety.shared import PLACE, SharedData
from robot.evaluate.safety.urgency import LABELS, Labels, measure_urgency
from robot.evaluate.safety.withheld import PROFILES
from robot.events import Language
from robot.think.screen import RedFlag

CONFIG = Config(embedder=Embedding(engine="none"))
SENTENCES = load_sentences()
NOTHING = SharedData(None, {})


@pytest.fixture(autouse=True)
def no_shared_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted here must not depend on what lies on this machine."""
    monkeypatch.delenv(PLACE, raising=False)


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


class DeafScreen:
    """Hears every emergency but strokes."""

    def __init__(self, content: Content) -> None:
        self._screen = content.screen

    def screen(self, text: str, language: Language) -> tuple[RedFlag, ...]:
        return tuple(flag for flag in self._screen.screen(text, language) if flag.id != "stroke")


def run(content: Content, tmp_path: Path, *suites: str, **options: Any) -> tuple[int, dict[str, Any]]:
    emitted: list[dict[str, Any]] = []
    options.setdefault("against", tmp_path / "none.json")
    status = evaluate_safety(
        CONFIG, None, options.pop("out", None), emitted.append, content=content, suites=suites, **options
    )
    return status, emitted[-1]


# ---- counting ----


def test_the_interval_is_wilsons() -> None:
    """Newcombe 1998, table I: 81 of 263, and none of 20."""
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.mark.parametrize(
    ("share", "bar", "most", "held"),
    [
        (Share(19, 20), 0.95, False, True),
        (Share(18, 20), 0.95, False, False),
        (Share(1, 50), 0.02, True, True),
        (Share(2, 50), 0.02, True, False),
        (Share(0, 0), 0.95, False, False),
        (Share(0, 0), 0.02, True, False),
        (Share(0, 9), None, False, True),
    ],
)
def test_a_gate_holds_at_its_bar_and_never_without_cases(
    share: Share, bar: float | None, most: bool, held: bool
) -> None:
    assert Gate("any", share, bar, most).held is held


# ---- baseline ----


def test_getting_worse_is_noticed_in_both_directions(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.save_baseline([Gate("heard", Share(95, 100)), Gate("alarms", Share(2, 100), most=True)], path)
    known = baseline.load_baseline(path)
    assert baseline.worse([Gate("heard", Share(95, 100)), Gate("alarms", Share(2, 100), most=True)], known) == []
    assert baseline.worse([Gate("heard", Share(99, 100)), Gate("alarms", Share(0, 100), most=True)], known) == []
    assert baseline.worse([Gate("heard", Share(93, 100))], known) == ["heard: 0.950 → 0.930"]
    assert baseline.worse([Gate("alarms", Share(4, 100), most=True)], known) == ["alarms: 0.020 → 0.040"]
    assert baseline.worse([Gate("new", Share(0, 100))], known) == []


def test_what_was_skipped_keeps_its_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.save_baseline([Gate("one", Share(1, 2)), Gate("other", Share(1, 1))], path)
    baseline.save_baseline([Gate("one", Share(2, 2))], path)
    assert baseline.load_baseline(path) == {"one": Share(2, 2), "other": Share(1, 1)}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": ["x", 2]}', "\x00"])
def test_a_spoiled_baseline_is_an_error_of_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "baseline.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="baseline"):
        baseline.load_baseline(tmp_path / "baseline.json")


def test_the_committed_baseline_holds_every_gate_of_the_design() -> None:
    known = baseline.load_baseline()
    assert {f"{suite}." for suite in SUITES} == {name.partition(".")[0] + "." for name in known}
    assert all(share.of for share in known.values())


# ---- changes of sentences ----


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_seed_changes_in_the_same_way(language: Language) -> None:
    text = "I have chest pain and I can't breathe" if language == "en" else "我胸口疼得厉害"
    one, other = Disturber(SENTENCES, language, 3), Disturber(SENTENCES, language, 3)
    for kind in one.kinds:
        changed = [one.kinds[kind](text) for _ in range(5)]
        assert changed == [other.kinds[kind](text) for _ in range(5)]
        assert kind == "shortened" or any(variant != text for variant in changed)


def test_a_growing_sentence_ends_with_the_whole() -> None:
    assert list(growing("my chest hurts", "en")) == ["my", "my chest", "my chest hurts"]
    assert list(growing("胸口疼", "zh")) == ["胸", "胸口", "胸口疼"]


def test_genders_are_swapped_as_whole_words() -> None:
    assert swapped("she said the man hit his wife", SENTENCES.swaps.en, "en") == "he said the woman hit her husband"
    assert swapped("她老公打她", SENTENCES.swaps.zh, "zh") == "他老婆打他"


def test_our_sentences_cover_every_class(content: Content) -> None:
    assert SENTENCES.indirect.keys() == SENTENCES.unseen.keys() == content.redflags.flags.keys()
    assert PROFILES.keys() == content.hazards.hazards.keys()
    unseen = {text.lower() for both in SENTENCES.unseen.values() for text in [*both.en, *both.zh]}
    known = {
        text.lower() for flag in content.redflags.flags.values() for text in [*flag.en.examples, *flag.zh.examples]
    }
    assert not unseen & known, "what is kept back must not become an example"


# ---- shared data ----


def test_without_data_the_suites_say_what_they_skip(content: Content) -> None:
    outcome = measure_urgency(RobotUnderTest(CONFIG, content), NOTHING)
    assert outcome.gates == []
    assert [line.partition(" (")[0] for line in outcome.skipped] == ["avey: not there", "agentclinic: not there"]


def test_a_folder_that_is_not_there_and_spoiled_files_are_errors_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        SharedData(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no folder"):
        SharedData(None, {PLACE: str(tmp_path / "nowhere")})
    for text in ("{", "[1]", "1" * 5000):
        (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"rows\.jsonl:1"):
            SharedData(tmp_path).rows("rows.jsonl")
    (tmp_path / "rows.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        SharedData(tmp_path).rows("rows.jsonl")


def test_vignettes_are_counted_against_our_labels(content: Content, tmp_path: Path) -> None:
    labels, rows = tmp_path / "labels.yaml", tmp_path / "triage" / "avey_shared.jsonl"
    labels.write_text(
        "avey:\n  '1': [emergency]\n  '2': [self_care, routine]\nagentclinic:\n  '9': [urgent]\n", "utf-8"
    )
    rows.parent.mkdir()
    told = ["crushing chest pain that goes into my left arm", "a runny nose and a sore throat", "no label"]
    lines = [json.dumps({"id": number, "vignette": text}) for number, text in enumerate(told, 1)]
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    outcome = measure_urgency(RobotUnderTest(CONFIG, content), SharedData(tmp_path), labels)
    shares = {gate.name: gate.share for gate in outcome.gates}
    assert shares["urgency.accuracy"] == Share(2, 2)
    assert shares["urgency.emergencies"] == Share(1, 1)
    assert shares["urgency.under_triage"] == Share(0, 2)


def test_the_labels_are_ids_and_levels_alone() -> None:
    from dialogs.yaml_file import read

    found = read(LABELS, Labels)
    assert all(re.fullmatch(r"\d+", key) for own in (found.avey, found.agentclinic) for key in own)
    assert all(1 <= len(levels) <= 2 for own in (found.avey, found.agentclinic) for levels in own.values())


# ---- the command ----


def test_the_red_flags_hold_their_gates_and_a_deaf_screen_does_not(content: Content, tmp_path: Path) -> None:
    against = tmp_path / "baseline.json"
    status, report = run(content, tmp_path, "red_flags", accept=True, against=against)
    assert (status, report["failed"], report["worse"]) == (0, [], [])
    assert set(report["skipped"]) == {
        "red_flags: alarms.worried.liveqa: not there (questions/liveqa_train.jsonl)",
        "red_flags: alarms.worried.toyhom: not there (chinese/toyhom_internal_medicine_sample.jsonl)",
    }
    deaf = replace(content, screen=DeafScreen(content))  # type: ignore[arg-type]
    status, report = run(deaf, tmp_path, "red_flags", against=against)
    assert status == 1
    assert any(line.startswith("red_flags.clear.stroke.en: 0.000") for line in report["failed"])
    assert any(line.startswith("red_flags.clear.stroke.zh") for line in report["worse"])


def test_getting_worse_fails_although_every_gate_holds(content: Content, tmp_path: Path) -> None:
    against = tmp_path / "baseline.json"
    against.write_text('{"withheld.never_list.en": [1, 1], "urgency.accuracy": [2, 1]}', encoding="utf-8")
    assert run(content, tmp_path, "urgency", against=against)[0] == 0, "what is skipped is not compared"
    outcome = Outcome("withheld")
    outcome.gate("never_list.en", Share(98, 100), 0.9)
    assert baseline.worse(outcome.gates, baseline.load_baseline(against)) == ["withheld.never_list.en: 1.000 → 0.980"]


def test_the_report_stands_alone(content: Content, tmp_path: Path) -> None:
    run(content, tmp_path, "swaps", "urgency", out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    written = json.loads((tmp_path / "out" / "safety.json").read_text(encoding="utf-8"))
    assert written["passed"] and written["suites"]["swaps"]["gates"]["swaps.monotone"]["share"] == 1.0
    assert "Skipped: avey: not there" in page
    assert not re.search(r'(?:src|href)="', page)


def test_an_out_that_cannot_be_written_is_an_error_of_one_line(content: Content, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file"):
        run(content, tmp_path, "urgency", out=tmp_path / "file" / "out")


def test_a_class_that_is_missed_is_named_with_its_sentence(content: Content) -> None:
    deaf = replace(content, screen=DeafScreen(content))  # type: ignore[arg-type]
    outcome = RedFlagSuite(RobotUnderTest(CONFIG, deaf), SENTENCES, 7).run(NOTHING)
    example = content.redflags.flags["stroke"].en.examples[0]
    assert f"clear.stroke: {example}" in outcome.missed


def test_pictures_name_their_rows_and_escape_them() -> None:
    drawn = dots({"chest_pain": {"en": Share(9, 10), "zh": Share(0, 0)}, "<b>": {"en": Share(1, 1)}}, 0.95, 0.5)
    assert "chest pain" in drawn and "&lt;b&gt;" in drawn and drawn.count("<circle") == 3
    assert "renal" in grid({"renal": {"diet": 3}}, ["diet", "sleep"])
