"""Every scripted visit that ships, played on the simulated clock: by text, and by sound where it has recordings."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

import dialogs
from dialogs.loader import load_scenario
from dialogs.yaml_file import ContentError
from robot.errors import InputError
from robot.simulate.replay import replay
from robot.simulate.run import Visit, play_visit
from robot.simulate.scenario import ScriptedPatient
from tests.plain import PLAIN

SCENARIOS = sorted((Path(dialogs.__file__).parent / "scenarios").glob("*.yaml"))
FIRST_VISIT = next(path for path in SCENARIOS if path.name == "first_visit.yaml")
QUIET = Console(file=io.StringIO())


def played(path: Path, **how: object) -> ScriptedPatient:
    return play_visit(PLAIN, Visit(path, fast=True, **how), QUIET)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_expectation_of_a_visit_holds_by_text(path: Path) -> None:
    patient = played(path, ears="text")
    assert patient.failures == []
    assert len(patient.turns) == len(load_scenario(path).steps)


@pytest.fixture(scope="module")
def first_visit(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScriptedPatient, Path]:
    """The first visit, played by sound once for all tests that look at what it left."""
    out = tmp_path_factory.mktemp("visit")
    return played(FIRST_VISIT, out=out), out


def heard_as_sound(patient: ScriptedPatient) -> bool:
    """No transcript is the script itself: the recognizer writes neither capitals nor full stops."""
    return all(turn.heard == turn.heard.lower() and "." not in turn.heard for turn in patient.turns)


def test_the_first_visit_holds_by_sound(first_visit: tuple[ScriptedPatient, Path]) -> None:
    patient, _ = first_visit
    assert patient.failures == []
    assert heard_as_sound(patient)


def test_the_first_visit_holds_in_other_noise() -> None:
    patient = played(FIRST_VISIT, seed=1)
    assert patient.failures == []
    assert heard_as_sound(patient)


def test_a_journal_keeps_no_word_of_the_patient_and_replays_to_the_same_decisions(
    first_visit: tuple[ScriptedPatient, Path],
) -> None:
    journal = first_visit[1] / "journal.jsonl"
    written = journal.read_text(encoding="utf-8")
    for said in ("terrible", "please stop", "weather like"):
        assert said not in written
    assert replay(journal, PLAIN) == []


def test_a_changed_decision_is_found_by_replay(tmp_path: Path) -> None:
    played(FIRST_VISIT, ears="text", out=tmp_path)
    journal = tmp_path / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    changed = next(line for line in lines if line["kind"] == "Decision" and line["intent"] == "question")
    changed["action"] = "refuse"
    journal.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    (difference,) = replay(journal, PLAIN)
    assert difference.recorded is not None and difference.recorded["action"] == "refuse"
    assert difference.replayed is not None and difference.replayed["action"] == "answer"


def test_a_live_journal_replays_only_with_words(tmp_path: Path) -> None:
    played(FIRST_VISIT, ears="text", out=tmp_path, reveal=False)
    journal = tmp_path / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    del lines[0]["scenario"]
    journal.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    with pytest.raises(InputError, match="--reveal"):
        replay(journal, PLAIN)


def test_the_same_seed_gives_the_same_journal_to_the_byte(tmp_path: Path) -> None:
    texts = []
    for folder in ("a", "b"):
        played(FIRST_VISIT, ears="text", out=tmp_path / folder)
        texts.append((tmp_path / folder / "journal.jsonl").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]


def test_the_wav_has_the_patient_left_and_the_robot_right(first_visit: tuple[ScriptedPatient, Path]) -> None:
    import numpy as np
    import soundfile

    samples, rate = soundfile.read(first_visit[1] / "conversation.wav", dtype="int16")
    assert rate == 16_000
    assert samples.shape[1] == 2
    assert np.abs(samples[:, 0]).max() > 3000 and np.abs(samples[:, 1]).max() > 3000
    assert np.abs(samples).max() < 32767, "neither channel is clipped"
    # The robot greets first: the patient's channel is silent until then.
    assert not samples[:rate, 0].any() and samples[: 2 * rate, 1].any()


def test_a_failed_expectation_is_told(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "title: Wrong\nsteps:\n  - {say: hello, expect: {intent: goodbye, spoken_contains: [nonsense]}}\n",
        encoding="utf-8",
    )
    failures = played(path, ears="text").failures
    assert failures == ["turn 1: intent: expected goodbye, saw greet", "turn 1: not spoken: nonsense"]


def test_a_silent_patient_waits_until_the_robot_speaks_first(tmp_path: Path) -> None:
    path = tmp_path / "silent.yaml"
    path.write_text(
        "title: Silent\nsteps:\n"
        "  - {do: stay_silent, expect: {intent: timed_out, state: greeting.consent}}\n"
        "  - {say: 'yes', expect: {intent: affirm, state: menu.waiting}}\n"
        "  - {do: stay_silent, expect: {intent: timed_out, state: menu.quiet}}\n",
        encoding="utf-8",
    )
    assert played(path, ears="text").failures == []


def test_why_a_nurse_was_called_and_what_was_noted_can_be_expected(tmp_path: Path) -> None:
    path = tmp_path / "called.yaml"
    path.write_text(
        "title: Called\nsteps:\n"
        "  - {say: 'i need the toilet', expect: {reason: toilet, nurse: acknowledged}}\n"
        "  - {say: 'how many tablets should i take', when: nurse_acknowledged, expect: {note: medicine}}\n"
        "  - {say: 'i need the toilet', expect: {reason: pain, note: goal}}\n",
        encoding="utf-8",
    )
    failures = played(path, ears="text").failures
    assert failures == ["turn 3: reason: expected pain, saw toilet", "turn 3: note: expected goal, saw None"]


def test_a_patient_who_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "visit.yaml"
    path.write_text("title: Nobody\npatient: nobody.yaml\nsteps:\n  - {say: hello}\n", encoding="utf-8")
    with pytest.raises(ContentError, match="no such patient file"):
        load_scenario(path)
