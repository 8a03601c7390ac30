"""Written to spoken, in both languages, with the way back."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.events import Language
from robot.speak.normalize import normalize
from robot.speak.numbers import say_number
from tests.shared_data import shared_data

ENGLISH = {
    "Eat 5 g of salt.": "Eat five grams of salt.",
    "1 g": "one gram",
    "150 min/week": "one hundred fifty minutes per week",
    "Aim for 120/80 mmHg.": "Aim for one hundred twenty over eighty millimeters of mercury.",
    "130–139/85–89 mmHg": "one hundred thirty to one hundred thirty nine over eighty five to eighty nine "
    "millimeters of mercury",
    "38.5 °C": "thirty eight point five degrees Celsius",
    "1.2-1.6 g/kg/day": "one point two to one point six grams per kilogram per day",
    "at 8 a.m.": "at eight AM.",
    "at 8 a.m. daily": "at eight AM daily",
    "<5 g": "less than five grams",
    "≥ 400 g": "at least four hundred grams",
    "10%": "ten percent",
    "7-9 h": "seven to nine hours",
    "0-10": "zero to ten",
    "a 30-min walk": "a thirty minute walk",
    "1,500 kcal": "one thousand five hundred kilocalories",
    "25 kg/m²": "twenty five kilograms per square meter",
    "5 μg": "five micrograms",
    "½ cup": "one half cup",
    "2½ cups": "two and a half cups",
    "1/2 tsp": "one half teaspoon",
    "-5 °C": "minus five degrees Celsius",
    "Call 911 or 988.": "Call nine one one or nine eight eight.",
    "vitamin B12": "vitamin B twelve",
    "omega-3": "omega three",
    "in 1995.": "in nineteen ninety five.",
    "24/7": "twenty four seven",
    "5 January 2026": "the fifth of january twenty twenty six",
    "14:00-16:00": "fourteen o'clock to sixteen o'clock",
    "the 1980s": "the nineteen eighties",
    "nuts, e.g. almonds": "nuts, for example almonds",
    "See https://www.who.int/news.": "See who dot int.",
}
CHINESE = {
    "每天吃盐少于5克。": "每天吃盐少于五克。",
    "150分钟/周": "一百五十分钟每周",
    "血压120/80mmHg": "血压一百二十比八十毫米汞柱",
    "38.5℃": "三十八点五摄氏度",
    "-5℃": "零下五摄氏度",
    "1.2-1.6 g/kg/天": "一点二到一点六克每公斤每天",
    "7-9小时": "七到九小时",
    "上午8:30": "上午八点三十分",
    "2026年1月5日": "二零二六年一月五日",
    "10%-20%": "百分之十到百分之二十",
    "≥400g": "大于等于四百克",
    "请拨打120": "请拨打幺二零",
    "盐120克": "盐一百二十克",
    "1,500千卡": "一千五百千卡",
    "第2次": "第二次",
    "2-3次": "两到三次",
    "2型糖尿病": "二型糖尿病",
    "22次": "二十二次",
    "５克": "五克",
    "维生素B12": "维生素B 十二",
    "10050步": "一万零五十步",
    "5.5 mmol/L": "五点五毫摩尔每升",
}


@pytest.mark.parametrize(("written", "spoken"), ENGLISH.items())
def test_english(written: str, spoken: str) -> None:
    assert normalize(written, "en").spoken == spoken


@pytest.mark.parametrize(("written", "spoken"), CHINESE.items())
def test_chinese(written: str, spoken: str) -> None:
    assert normalize(written, "zh").spoken == spoken


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "written", ["👍🏽❤️", '<break time="3s"/>', "** __ ##", "\x00\x07\u200b", "", "…", "(https://who.int/x)"]
)
def test_marks_and_pictures_are_silent(written: str, language: Language) -> None:
    assert normalize(written, language).silent


def test_markup_is_dropped_and_the_words_stay() -> None:
    spoken = normalize('<speak>**Drink** [water](https://who.int/a) <break time="9s"/>now 👍</speak>', "en").spoken
    assert spoken.split() == ["Drink", "water", "now"]


def test_latin_words_stay_in_chinese() -> None:
    assert normalize("多吃 kiwi 和 omega-3。", "zh").spoken == "多吃 kiwi 和 omega 三。"


def test_spoken_words_lead_back_to_the_written_ones() -> None:
    written = "Walk 150 min/week at 7-9 h, slowly."
    normalized = normalize(written, "en")
    for word, found in (("Walk", "Walk"), ("hundred", "150"), ("week", "150"), ("nine", "7-9"), ("slowly", "slowly")):
        at = normalized.written(normalized.spoken.index(word))
        assert written[at:].startswith(found)


@settings(max_examples=60)
@given(st.text(max_size=80), st.sampled_from(["en", "zh"]))
def test_any_text_has_a_way_back_that_never_decreases(text: str, language: Language) -> None:
    normalized = normalize(text, language)
    places = [normalized.written(offset) for offset in range(len(normalized.spoken))]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@given(st.integers(0, 10**12 - 1))
def test_every_number_has_its_own_words(number: int) -> None:
    for language, ten in (("en", r"(?<![a-z])(zero|hundred)$"), ("zh", "零$")):
        spoken = say_number(str(number), language)  # type: ignore[arg-type]
        assert spoken
        if number % 10:
            assert not re.search(ten, spoken)
        if number < 999_999_999_999:
            assert spoken != say_number(str(number + 1), language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "piece", ["Eat 5 g. ", "1", "1-", "8 a.m. ", "<a", "每天5克，", "(https://www.", "jan ", "-", "1,"]
)
def test_ten_thousand_characters_take_a_moment(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    normalize("8 a.m.", "en")
    start = time.perf_counter()
    normalize(text, "en")
    normalize(text, "zh")
    assert time.perf_counter() - start < 2.0  # .05 to .5 s; a pattern that backtracks takes minutes


def test_the_public_set_of_dates_times_and_numbers() -> None:
    """NVIDIA's test sentences, written to spoken. Both orders of a date count ("the fifth of may" = "may fifth")."""
    path = shared_data("textnorm/english_date_time_cardinal_ordinal.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["direction"] == "written_to_spoken"]
    strict = [_words(normalize(row["input"], "en").spoken) == _words(row["expected"]) for row in rows]
    same = [sorted(_words(normalize(row["input"], "en").spoken)) == sorted(_words(row["expected"])) for row in rows]
    assert len(rows) == 140
    assert sum(strict) / len(rows) >= 0.72
    assert sum(same) / len(rows) >= 0.88


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in ("and", "the", "of")]
