"""Every training wording says what its passage says: the same figures, nothing that the guard would stop."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import dialogs
from dialogs.loader import load
from dialogs.model import PassageText
from dialogs.never import load_never
from dialogs.wordings import load_wordings
from dialogs.yaml_file import ContentError
from robot.events import Language, Passage, Sentence, Source
from robot.speak.split import SentenceSplitter
from robot.think.figures import Figure, FigureReader
from robot.think.guard import SentenceGuard

FOLDER = Path(dialogs.__file__).parent
NEVER = load_never(FOLDER / "never.yaml")
FIGURES = FigureReader(NEVER.units)
PASSAGES: dict[str, PassageText] = {passage.id: passage for passage in load(FOLDER).passages}
WORDINGS = load_wordings()

ORGANISATIONS: dict[Language, tuple[str, ...]] = {
    "en": (
        *("World Health Organization", "China's dietary guidelines", "American dietary guidelines", "British doctors"),
        *("European nutrition experts", "European food agency", "American food agency", "National Sleep Foundation"),
        *("American sleep doctors", "kidney guidelines", "British health experts", "American experts"),
    ),
    "zh": (
        *("世界卫生组织", "中国居民膳食指南", "美国膳食指南", "英国医生", "欧洲营养专家", "欧洲食品安全局"),
        *("美国食品药品监督管理局", "美国国家睡眠基金会", "美国睡眠医生", "国际肾脏指南", "英国健康专家", "美国专家"),
    ),
}
"""Who says it, as the passages name them; a passage's words say it the same way at least once."""

PERMISSION: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"says? you may|may (?:begin|get up)|agree first|before you (?:try|have|begin|exercise)|team first"
    ),
    "zh": re.compile(r"说可以|先问|先要|同意|请问"),
}
"""Somebody of the ward is asked before it is done; what a passage makes conditional stays so."""

each_language = pytest.mark.parametrize("language", get_args(Language))
LEARNED_AS_WRITTEN = {"conditions", "medicines", "symptoms"}
"""Topics without wordings: the generator learns their passages in the passages' own words."""

WORDED = [passage for passage in PASSAGES.values() if passage.topic not in LEARNED_AS_WRITTEN]
each = pytest.mark.parametrize("passage", WORDED, ids=lambda passage: passage.id)


def said(passage: PassageText, language: Language) -> tuple[str, ...]:
    """The wordings of a passage."""
    wordings: tuple[str, ...] = getattr(WORDINGS[passage.id], language)
    return wordings


@cache
def evidence(id: str, language: Language) -> Passage:
    """The passage as the guard gets it, in one language."""
    passage = PASSAGES[id]
    source = Source(id, passage.source.org, passage.source.document, passage.source.year)
    title, text = getattr(passage.title, language), getattr(passage.text, language)
    return Passage(id, passage.topic, title, text, language, source, frozenset(passage.never_if))


def sentences(text: str, language: Language) -> list[str]:
    """`text` cut as at the bedside."""
    splitter = SentenceSplitter(language)
    return [*splitter.push(text), *splitter.flush()]


def test_every_passage_of_the_lifestyle_topics_has_wordings_and_nothing_else_does() -> None:
    assert set(WORDINGS) == {passage.id for passage in WORDED}


@each_language
@each
def test_the_figures_are_those_of_the_passage_and_all_of_them_are_said(
    passage: PassageText, language: Language
) -> None:
    known = set(FIGURES.read(getattr(passage.text, language)))
    found: set[Figure] = set()
    for wording in said(passage, language):
        figures = set(FIGURES.read(wording))
        assert figures <= known, wording
        found |= figures
    core = {value for text in passage.figures for value, _ in FIGURES.read(text)}
    assert core <= {value for value, _ in found}


@each_language
@each
def test_the_guard_lets_every_sentence_through(passage: PassageText, language: Language) -> None:
    guard = SentenceGuard(NEVER)
    for wording in said(passage, language):
        parts = sentences(wording, language)
        assert 1 <= len(parts) <= 3
        for part in parts:
            assert guard.check(Sentence(part, language, passage.id, "gpt"), (evidence(passage.id, language),)) == (), (
                part
            )


@each_language
@each
def test_who_says_it_is_named_as_in_the_passage(passage: PassageText, language: Language) -> None:
    named = [org for org in ORGANISATIONS[language] if org in getattr(passage.text, language)]
    text = " ".join(said(passage, language))
    assert [org for org in named if org not in text] == []


@each_language
@each
def test_what_needs_a_permission_is_said_with_it(passage: PassageText, language: Language) -> None:
    needed = PERMISSION["en"].search(passage.text.en) and PERMISSION["zh"].search(passage.text.zh)
    kept = [wording for wording in said(passage, language) if PERMISSION[language].search(wording)]
    assert not needed or len(kept) >= 2


@each_language
def test_no_wording_stands_twice(language: Language) -> None:
    found = Counter(wording for wordings in WORDINGS.values() for wording in getattr(wordings, language))
    assert [wording for wording, count in found.items() if count > 1] == []


@each
def test_each_wording_is_plain_text_in_its_own_language(passage: PassageText) -> None:
    for wording in said(passage, "en"):
        assert re.fullmatch(r"[A-Za-z0-9 .,;:'?!%-]+[.?!]", wording), wording
    for wording in said(passage, "zh"):
        assert re.search(r"[。？！]$", wording), wording
        assert not re.search(r"[,;:?!\s]", wording), wording


def test_a_wording_that_is_too_long_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wordings.yaml"
    path.write_text(f"wordings:\n  salt:\n    en: [a, b, {'c' * 221}]\n    zh: [甲, 乙, 丙]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"wordings\.yaml:3: wordings\.salt\.en\.2: .*at most 220 characters"):
        load_wordings(path)


def test_two_wordings_are_too_few(tmp_path: Path) -> None:
    path = tmp_path / "wordings.yaml"
    path.write_text("wordings:\n  salt:\n    en: [a, b]\n    zh: [甲, 乙, 丙]\n", encoding="utf-8")
    with pytest.raises(ContentError, match="at least 3 items"):
        load_wordings(path)
