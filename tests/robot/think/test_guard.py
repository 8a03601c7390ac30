from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dialogs
from dialogs.model import Knowledge, PassageText, Phrases
from dialogs.never import Ban, load_never
from dialogs.triage import load_triage
from dialogs.yaml_file import read
from robot.events import Language, Passage, Rung, Sentence, Source
from robot.stages import Guard
from robot.think.guard import SentenceGuard

FOLDER = Path(dialogs.__file__).parent
NEVER = load_never(FOLDER / "never.yaml")
SOURCE = Source("salt", "Salt", "WHO", 2023)
SALT = Passage("salt", "diet", "Salt", "Eat less than 5 g of salt a day.", "en", SOURCE, frozenset({"nil_by_mouth"}))
SLEEP = Passage("sleep", "sleep", "Sleep", "Adults do best with 7 to 9 hours a night.", "en", SOURCE)
SLEEP_ZH = Passage("sleep", "sleep", "睡眠", "成年人每晚睡7到9小时最好。", "zh", SOURCE)
EVIDENCE_RULES = {"evidence.missing", "figure.not_in_evidence"}


def said(text: str, language: Language = "en", rung: Rung = "embedded", topic: str = "sleep") -> Sentence:
    return Sentence(text, language, topic, rung)


def passages() -> list[PassageText]:
    return [passage for file in sorted(FOLDER.glob("knowledge/*.yaml")) for passage in read(file, Knowledge).passages]


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+|(?<=[。！？])", text) if part.strip()]


BANS = [
    *((rule, frozenset[str](), ban) for rule, ban in NEVER.never.items()),
    *((f"hazard.{key}", frozenset({key}), ban) for key, ban in NEVER.hazards.items()),
]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("rule", "hazards", "ban"), BANS, ids=[rule for rule, _, _ in BANS])
def test_each_rule_blocks_and_passes_its_examples(
    rule: str, hazards: frozenset[str], ban: Ban, language: Language
) -> None:
    guard = SentenceGuard(NEVER, hazards)
    guard.flagged = ban.when == "flagged"
    wording = ban.en if language == "en" else ban.zh
    rung = ban.rungs[0]
    assert [text for text in wording.blocked if rule not in guard.check(said(text, language, rung), ())] == []
    for text in wording.passed:
        assert set(guard.check(said(text, language, rung), ())) <= EVIDENCE_RULES, text


def test_the_guard_is_a_guard() -> None:
    assert isinstance(SentenceGuard(NEVER), Guard)


def test_every_fixed_phrase_passes() -> None:
    everything = SentenceGuard(NEVER, frozenset(NEVER.hazards))
    for key, phrase in read(FOLDER / "phrases.yaml", Phrases).phrases.items():
        for language, text in (("en", phrase.en), ("zh", phrase.zh)):
            sentence = said(re.sub(r"\{\w+\}", "WHO", text), language, "phrase", key)  # type: ignore[arg-type]
            assert everything.check(sentence, ()) == (), key


def test_what_is_said_in_an_emergency_passes_after_a_flag() -> None:
    guard = SentenceGuard(NEVER, frozenset(NEVER.hazards))
    guard.flagged = True
    for key, phrase in read(FOLDER / "phrases.yaml", Phrases).phrases.items():
        if key.startswith(("emergency", "nurse", "calling")):
            assert guard.check(said(phrase.en, "en", "phrase", key), ()) == (), key
            assert guard.check(said(phrase.zh, "zh", "phrase", key), ()) == (), key


def test_every_reviewed_passage_passes_for_a_patient_without_hazards() -> None:
    guard = SentenceGuard(NEVER)
    for passage in passages():
        for language in ("en", "zh"):
            text = getattr(passage.text, language)
            evidence = Passage(passage.id, passage.topic, getattr(passage.title, language), text, language, SOURCE)
            for sentence in sentences(text):
                for rung in ("passage", "embedded"):
                    assert guard.check(said(sentence, language, rung, passage.id), (evidence,)) == (), sentence


def test_no_passage_is_said_under_its_own_hazards() -> None:
    for passage in passages():
        for hazard in passage.never_if:
            evidence = Passage(passage.id, "x", "x", passage.text.en, "en", SOURCE, frozenset(passage.never_if))
            guard = SentenceGuard(NEVER, frozenset({hazard}))
            assert f"hazard.{hazard}" in guard.check(said("Hello.", "en", "passage", passage.id), (evidence,))


def test_warnings_reach_the_patients_who_need_them() -> None:
    warnings = {"exercise-call-before-up", "alcohol-not-suddenly", "drinks-warfarin-juice", "drinks-grapefruit"}
    warnings |= {"diet-salt-substitute-warning", "weight-eating-worries", "sleep-awake-on-ward"}
    guard = SentenceGuard(NEVER, frozenset(NEVER.hazards))
    seen = set()
    for passage in passages():
        if passage.id in warnings:
            seen.add(passage.id)
            for language in ("en", "zh"):
                for sentence in sentences(getattr(passage.text, language)):
                    assert guard.check(said(sentence, language, "passage", passage.id), ()) == (), sentence
    assert seen == warnings


def test_a_hazard_of_the_evidence_forbids_what_is_made_of_it() -> None:
    guard = SentenceGuard(NEVER, frozenset({"nil_by_mouth"}))
    sentence = "Less than 5 g of salt a day is the advice."
    assert guard.check(said(sentence), (SALT, SLEEP)) == ("hazard.nil_by_mouth",)
    assert SentenceGuard(NEVER).check(said(sentence), (SALT, SLEEP)) == ()


def test_a_passage_as_written_answers_only_for_itself() -> None:
    guard = SentenceGuard(NEVER, frozenset({"nil_by_mouth"}))
    assert guard.check(said("Adults do best with 7 to 9 hours.", rung="passage"), (SLEEP, SALT)) == ()


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Adults do best with 7 to 9 hours a night.", True),
        ("Seven to nine hours are best.", True),
        ("Eight hours are best.", False),
        ("8 hours are best.", False),
        ("Sleep 7 minutes.", False),
        ("Between 7 and 9 is good.", True),
        ("A good night helps you.", True),
        ("成年人每晚睡七到九个小时。", True),
        ("每晚睡十个小时。", False),
        ("睡眠能减少百分之三十的风险。", False),
        ("Twice as much is better.", False),
    ],
)
def test_figures_must_stand_in_the_evidence(text: str, stands: bool) -> None:
    language: Language = "zh" if text[-1] == "。" else "en"
    broken = SentenceGuard(NEVER).check(said(text, language), (SLEEP, SLEEP_ZH))
    assert ("figure.not_in_evidence" not in broken) == stands


UNITS = ["g", "grams", "mg", "hours", "minutes", "percent", "%", "kcal", "glasses", "克", "毫克", "小时", "分钟", "杯"]


@given(st.integers(0, 10_000), st.sampled_from(UNITS), st.sampled_from(["About ", "每天", "It is ", ""]))
def test_a_figure_that_the_evidence_lacks_is_always_blocked(number: int, unit: str, before: str) -> None:
    assume(number not in (7, 9))
    text = f"{before}{number} {unit}"
    assert "figure.not_in_evidence" in SentenceGuard(NEVER).check(said(text), (SLEEP,))
    assert "figure.not_in_evidence" in SentenceGuard(NEVER).check(said(text, rung="gpt"), (SLEEP,))
    assert "figure.not_in_evidence" in SentenceGuard(NEVER).check(said(text), ())


def test_free_text_without_evidence_is_never_spoken() -> None:
    assert SentenceGuard(NEVER).check(said("Sleep is good."), ()) == ("evidence.missing",)
    assert SentenceGuard(NEVER).check(said("Sleep is good.", rung="gpt"), ()) == ("evidence.missing",)
    assert SentenceGuard(NEVER).check(said("Sleep is good.", rung="phrase"), ()) == ()


def test_reassurance_is_only_forbidden_after_a_flag() -> None:
    guard = SentenceGuard(NEVER)
    sentence = said("Do not worry, a short night is common.", rung="passage")
    assert guard.check(sentence, (SLEEP,)) == ()
    guard.flagged = True
    assert guard.check(sentence, (SLEEP,)) == ("never.reassurance_after_flag",)
    guard.flagged = False
    assert guard.check(sentence, (SLEEP,)) == ()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "form.empty"),
        (" … ", "form.empty"),
        ("a" * 401, "form.length"),
        ("Sleep\x07 well.", "form.control"),
        ("Sl\u200beep well.", "form.control"),
        ("Sleep\nwell.", "form.control"),
        ("**Sleep** well.", "form.markup"),
        ("<b>Sleep</b> well.", "form.markup"),
        ("Sleep well, see https://example.org", "form.markup"),
        ("# Sleep", "form.markup"),
    ],
)
def test_form(text: str, rule: str) -> None:
    assert rule in SentenceGuard(NEVER).check(said(text), (SLEEP,))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Don’t worry, you needn't call: you don't need to call a nurse.", "never.discourage_care"),
        ("I’m a real nurse.", "never.human"),
        ("ＴＡＫＥ two tablets.", "never.dose"),
        ("Sleep well, and then stop your insulin.", "never.medicine_change"),
        ("Do not sleep late but stop your insulin.", "never.medicine_change"),
        ("Good sleep helps, 您可以停药了。", "never.medicine_change"),
        ("You have, I think, diabetes. You have diabetes.", "never.diagnosis"),
    ],
)
def test_other_ways_of_writing_it_are_blocked_too(text: str, rule: str) -> None:
    assert rule in SentenceGuard(NEVER).check(said(text), (SLEEP,))


@pytest.mark.parametrize(
    "text",
    [
        "If you cannot sleep, get out of bed.",
        "After lunch take a walk.",
        "You could also stand up for a moment.",
        "睡不着就起床走走。",
        "饭后散散步。",
    ],
)
def test_nobody_at_risk_of_falling_is_told_to_get_up(text: str) -> None:
    guard = SentenceGuard(NEVER, frozenset({"fall_risk", "bed_rest"}))
    language: Language = "en" if text.isascii() else "zh"
    assert {"hazard.fall_risk", "hazard.bed_rest"} <= set(guard.check(said(text, language), (SLEEP,)))


@given(st.text(max_size=200), st.sampled_from(["gpt", "embedded", "passage", "phrase"]))
def test_any_text_is_judged_and_a_rule_stands_once(text: str, rung: Rung) -> None:
    guard = SentenceGuard(NEVER, frozenset(NEVER.hazards))
    broken = guard.check(said(text, rung=rung), (SLEEP,))
    assert len(broken) == len(set(broken))


def test_a_sentence_is_judged_in_little_time() -> None:
    """About 0.3 ms with no hazards; 3 ms with all of them. The bounds leave room for a loaded machine."""
    guard = SentenceGuard(NEVER, frozenset(NEVER.hazards))
    for text in ("Adults do best with 7 to 9 hours of sleep a night, " * 7, "you can " * 49, "可以" * 99):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            guard.check(said(text), (SLEEP,))
            times.append(time.perf_counter() - start)
        assert min(times) < 0.1


def test_a_sentence_of_the_evidence_is_believed_but_no_part_of_one() -> None:
    from robot.think.guard import _is_sentence_of

    passage = "Do not eat grapefruit with this. Eat apples! Apples help."
    for whole in ("Do not eat grapefruit with this.", "Eat apples!", "Apples help.", "Eat apples! Apples help."):
        assert _is_sentence_of(whole, passage)
    for part in ("eat grapefruit with this.", "Do not eat grapefruit", "Eat", "apples!", "help.", "", "Pears help."):
        assert not (part and _is_sentence_of(part, passage))
    assert not _is_sentence_of("5 g a day.", "No more than 1.5 g a day.")
    assert not _is_sentence_of("5 g a day.", "No more than approx. 5 g a day.")
    assert _is_sentence_of("多吃苹果。", "别吃柚子。多吃苹果。")
    assert not _is_sentence_of("吃柚子。", "别吃柚子。多吃苹果。")


def test_every_question_of_the_symptom_check_may_be_asked() -> None:
    """A blocked one is replaced by a phrase, and the patient's next no would answer what nobody heard."""
    guard = SentenceGuard(NEVER)
    blocked = [
        (text, rules)
        for symptom in load_triage(FOLDER / "triage").symptoms.values()
        for text, language in ((symptom.en.ask, "en"), (symptom.zh.ask, "zh"))
        if (rules := guard.check(said(text, language, "phrase"), ()))  # type: ignore[arg-type]
    ]
    assert blocked == []
