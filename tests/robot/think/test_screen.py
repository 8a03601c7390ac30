from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialogs
from dialogs.redflags import load_redflags
from robot.think.screen import RedFlagScreen
from tests.shared_data import shared_data

REDFLAGS = load_redflags(Path(dialogs.__file__).parent / "redflags.yaml")
SCREEN = RedFlagScreen(REDFLAGS)
EXAMPLES = [
    (key, language, text)
    for key, flag in REDFLAGS.flags.items()
    for language, signs in (("en", flag.en), ("zh", flag.zh))
    for text in signs.examples
]
ENGLISH = [(key, text) for key, language, text in EXAMPLES if language == "en"]
CHINESE = [(key, text) for key, language, text in EXAMPLES if language == "zh"]
CLASSES = [(key, language) for key in REDFLAGS.flags for language in ("en", "zh")]


def flags(text: str) -> set[str]:
    return {flag.id for flag in SCREEN.screen(text, "en")}


@pytest.mark.parametrize(("key", "language"), CLASSES)
def test_every_example_is_heard(key: str, language: str) -> None:
    signs = getattr(REDFLAGS.flags[key], language)
    assert [text for text in signs.examples if key not in flags(text)] == []


@pytest.mark.parametrize(("key", "language"), CLASSES)
def test_every_near_miss_is_let_pass(key: str, language: str) -> None:
    signs = getattr(REDFLAGS.flags[key], language)
    assert [(text, flags(text)) for text in signs.near_misses if flags(text)] == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("no my chest hurts", "chest_pain"),
        ("I don't want to eat because my chest hurts", "chest_pain"),
        ("my chest pain is not going away", "chest_pain"),
        ("No chest pain? No, I do have chest pain!", "chest_pain"),
        ("I had chest pain last year and now it is back again", "chest_pain"),
        ("he told me it is no heart attack but my chest still hurts", "chest_pain"),
        ("I don't know if I have chest pain or indigestion", "chest_pain"),
        ("my husband here cannot breathe", "breathlessness"),
        ("my neighbour here is having a seizure", "seizure"),
        ("I never said that I want to live, I want to die", "suicide"),
        ("I don't want to kill myself but I want to die", "suicide"),
        ("my uncle had a stroke and now my face is drooping", "stroke"),
        ("CHESS PAIN", "chest_pain"),
        ("i cant breeze", "breathlessness"),
        ("ｃｈｅｓｔ ｐａｉｎ", "chest_pain"),
        ("my chest, um, you know, it like hurts", "chest_pain"),
        ("我 胸 口 痛", "chest_pain"),
        ("我 chest pain 很厉害", "chest_pain"),
        ("I have 呼吸困难", "breathlessness"),
        ("我不知道为什么胸口疼", "chest_pain"),
        ("我是不是中风了", "stroke"),
        ("从去年开始胸痛", "chest_pain"),
        ("我没有发烧，但是喘不过气", "breathlessness"),
        ("我三年前胸痛过，今天又胸痛了", "chest_pain"),
    ],
)
def test_what_only_looks_like_a_near_miss_is_heard(text: str, key: str) -> None:
    assert key in flags(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("I need somebody, help me", "calls_for_help"),
        ("no help me", "calls_for_help"),
        ("help me I can't breathe", "calls_for_help"),
        ("please somebody help", "calls_for_help"),
        ("can you call an ambulance for me", "calls_for_help"),
        ("am I dying", "calls_for_help"),
        ("快打 120", "calls_for_help"),
        ("今天来人了吗，救命", "calls_for_help"),
        ("my wife she won't wake up", "collapse"),
        ("I can't wake him up", "collapse"),
        ("I think I'll pass out", "collapse"),
        ("我妈怎么也叫不醒她", "collapse"),
        ("I feel dizzy and my heart is pounding", "chest_pain"),
        ("the pain went to my left arm and jaw", "chest_pain"),
        ("sharp pain with every breath", "breathlessness"),
        ("the staples came apart", "bleeding"),
        ("let me die", "suicide"),
    ],
)
def test_a_cry_for_help_needs_no_reason(text: str, key: str) -> None:
    """A patient who only cries out must not be answered with advice."""
    assert key in flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "will a warm bath help me",
        "how can I get help to stop smoking",
        "could someone help me choose food",
        "I need some help with the menu",
        "my phone is dying",
        "I passed the exam",
        "the robot is not responding",
        "how out of breath should I get",
        "谁能帮我减肥",
        "帮帮我看看吃什么",
        "未来人会怎么吃饭",
        "我坐车就头晕",
    ],
)
def test_a_wish_for_advice_is_no_cry_for_help(text: str) -> None:
    assert flags(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?!",
        "\x00",
        "how much water should I drink every day",
        "my blood sugar is high, what may I eat",
        "I take my pills twice a day",
        "I want to live longer",
        "can stress give you a heart attack",
        "I have high blood pressure",
        "我每天吃两片药",
        "我想减肥",
        "我可以下床走走吗",
        "怎么降血压",
        "热死我了",
    ],
)
def test_everyday_talk_is_no_emergency(text: str) -> None:
    assert flags(text) == set()


def test_urgency_order_and_place_of_the_words() -> None:
    text = "Help! I fell, and my chest, er, hurts. 我喘不过气了。"
    found = SCREEN.screen(text, "zh")
    assert [(flag.id, flag.urgency) for flag in found] == [
        ("chest_pain", "emergency"),
        ("breathlessness", "emergency"),
        ("fall", "urgent"),
    ]
    assert [text[slice(*flag.span)] for flag in found] == ["chest, er, hurts", "喘不过气", "I fell"]


def test_a_letter_whose_small_form_is_longer_does_not_shift_the_place() -> None:
    text = "İİİ I have chest pain"
    (flag,) = SCREEN.screen(text, "en")
    assert text[slice(*flag.span)] == "chest pain"


FILLERS = ["um", "uh,", "you know", "a bit", "a little", "really", "I mean", "sort of", "maybe", "kind of", "honestly"]
BENIGN = [
    "I like the garden",
    "the weather is nice today",
    "what is for lunch",
    "my daughter visits me on Sunday",
    "I had a good breakfast",
    "no I do not want any tea",
    "my neighbour has a new dog",
    "I slept well last night",
]
PREFIXES = [
    "it is probably nothing but",
    "my wife says it is nothing,",
    "I don't want to bother anyone, but",
    "the doctor says I am fine, but",
    "I am 33 years old and",
    "I'm an 81 year old man,",
    "as a young woman I must say",
    "no,",
    "well",
]
SUFFIXES = [
    "but it's not that bad",
    ", just a little",
    "but I think it is nothing",
    "and I don't want to be a burden",
    ", no big deal",
    "and I already took a shower",
    ". It happened last year to my uncle too",
]
SWAPS = {
    "he": "she",
    "she": "he",
    "his": "her",
    "husband": "wife",
    "wife": "husband",
    "son": "daughter",
    "daughter": "son",
    "mother": "father",
    "father": "mother",
    "man": "woman",
    "boyfriend": "girlfriend",
    "stepfather": "stepmother",
    "himself": "herself",
}


@given(st.sampled_from(ENGLISH), st.sampled_from(FILLERS), st.data())
def test_fillers_anywhere_never_remove_a_flag(example: tuple[str, str], filler: str, data: st.DataObject) -> None:
    key, text = example
    words = text.split()
    place = data.draw(st.integers(0, len(words)))
    assert key in flags(" ".join([*words[:place], filler, *words[place:]]))


@given(st.sampled_from(ENGLISH), st.sampled_from(PREFIXES), st.sampled_from(SUFFIXES))
def test_minimising_and_age_never_remove_a_flag(example: tuple[str, str], prefix: str, suffix: str) -> None:
    key, text = example
    assert key in flags(f"{prefix} {text}")
    assert key in flags(f"{text} {suffix}")


@given(st.sampled_from(ENGLISH), st.sampled_from(BENIGN), st.sampled_from([". ", ", ", " "]))
def test_a_harmless_sentence_beside_it_never_removes_a_flag(example: tuple[str, str], more: str, between: str) -> None:
    key, text = example
    assert key in flags(f"{more}{between}{text}")
    assert key in flags(f"{text}{between}{more}")


@given(st.sampled_from(CHINESE), st.sampled_from(["今天天气很好", "我想喝水", "昨天女儿来看我", "我没有吃早饭"]))
def test_a_harmless_chinese_sentence_beside_it_never_removes_a_flag(example: tuple[str, str], more: str) -> None:
    key, text = example
    assert key in flags(f"{more}，{text}")
    assert key in flags(f"{text}，{more}")
    assert key in flags(f"{more}{text}")


@given(st.sampled_from(CHINESE), st.sampled_from(["嗯", "呃，", "就是说", "那个", "可能没什么事，但是", "不要紧，"]))
def test_chinese_minimising_never_removes_a_flag(example: tuple[str, str], prefix: str) -> None:
    key, text = example
    assert key in flags(prefix + text)


@given(st.sampled_from(ENGLISH))
def test_gender_changes_nothing(example: tuple[str, str]) -> None:
    key, text = example
    swapped = re.sub(r"[A-Za-z]+", lambda word: SWAPS.get(word[0].lower(), word[0]), text)
    assert key in flags(swapped)


@given(st.sampled_from(EXAMPLES))
def test_case_and_punctuation_change_nothing(example: tuple[str, str, str]) -> None:
    key, _, text = example
    bare = re.sub(r"[,。，.!?]", " ", text.replace("'", "")).lower() if "." not in text else text.lower()
    assert key in flags(bare)
    assert key in flags(text.upper())


@given(st.text(max_size=300))
def test_any_text_gives_places_inside_it(text: str) -> None:
    for flag in SCREEN.screen(text, "en"):
        assert 0 <= flag.span[0] < flag.span[1] <= len(text)


def test_length_costs_time_in_proportion_and_not_more() -> None:
    """A sentence takes about 0.1 ms and 2,000 words about 5–10; the bounds here leave room for a loaded machine."""

    def best(text: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            SCREEN.screen(text, "en")
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("I slept badly and would like to know what I should eat") < 0.005
    assert best("I like to walk in the garden with my wife and to eat apples every single day " * 118) < 0.05
    for hostile in (
        "no chest pain " * 666,
        "chest " * 2000,
        "pain " * 2000,
        "不" * 4000,
        "没有胸痛" * 500,
        "a" * 10_000,
    ):
        assert best(hostile) < 0.4


def test_real_questions_about_medicines_raise_no_alarm() -> None:
    import json

    lines = shared_data("questions/medicationqa_shared.jsonl").read_text(encoding="utf-8").splitlines()
    alarms = [bool(flags(json.loads(line)["question"])) for line in lines]
    assert sum(alarms) / len(alarms) <= 0.02


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("I can't can't breathe", "breathlessness"),
        ("I have, like, um, chest pain", "chest_pain"),
        ("i have chess pain", "chest_pain"),
        ("i took too many bills", "overdose"),
        ("可能没什么大事，不过胸口疼", "chest_pain"),
        ("我我感觉喘喘不过气", "breathlessness"),
        ("她们给我下毒", "delirium"),
        ("I might kms tonight", "suicide"),
        ("我攒了很多药想一了百了", "suicide"),
        ("my bandage is soaked with blood", "bleeding"),
        ("good morning, my husband hits me, that is all", "abuse"),
    ],
)
def test_an_emergency_is_heard_through_stammering_mishearing_and_politeness(text: str, key: str) -> None:
    assert key in flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "I play chess with my week friend",
        "I paid my bills",
        "a colleague of mine once had a stroke",
        "I saw a programme about chest pain on television",
        "我在书上看到过心梗",
        "脑震荡有哪些征兆",
    ],
)
def test_what_only_sounds_like_a_word_of_an_emergency_is_let_pass(text: str) -> None:
    assert flags(text) == set()
