"""An answer may deny only what its evidence denies, while it is written and when it is finished."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.think.denials import DenialWatch, Denied, denials, is_denied, plain_of, says_what_is_denied
from robot.think.figures import narrow


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Do not drink alcohol.", ["drink"]),
        ("You must never stop suddenly.", ["stop"]),
        ("Eat no more than 5 g.", []),
        ("Not only salt counts.", []),
        ("It is best avoided.", [""]),
        ("Avoid it, please.", [""]),
        ("I don't smoke.", ["smoke"]),
        ("不要喝酒。", ["要喝"]),
        ("每天不超过5克。", []),
        ("能不能起来，请先问护士。", []),
        ("夜里睡不着，请按铃。", ["着"]),
        ("", []),
    ],
)
def test_what_is_denied(text: str, words: list[str]) -> None:
    assert [denial.word for denial in denials(plain_of(narrow(text)))] == words


def _holds(evidence: str, said: str) -> bool:
    known = [Denied.by(narrow(evidence))]
    plain = plain_of(narrow(said))
    return all(is_denied(denial, known) for denial in denials(plain)) and not says_what_is_denied(plain, known)


@pytest.mark.parametrize(
    ("evidence", "said", "holds"),
    [
        ("Do not drink alcohol. Water is fine.", "Do not drink alcohol.", True),
        ("Do not drink alcohol. Water is fine.", "Drink alcohol.", False),
        ("Do not drink alcohol. Water is fine.", "Water is not fine.", False),
        ("Drink water. Do not drink alcohol.", "Drink water.", True),
        ("肾不好的人不要用低钠盐。", "肾不好的人要用低钠盐。", False),
        ("肾不好的人不要用低钠盐。", "肾不好的人不要用低钠盐。", True),
    ],
)
def test_against_evidence(evidence: str, said: str, holds: bool) -> None:
    assert _holds(evidence, said) is holds


def watched(evidence: str, said: str, step: int = 1) -> str | None:
    """What had been written when the watch stopped it; None: it did not."""
    watch = DenialWatch([Denied.loosely_by(narrow(evidence))])
    low = narrow(said)
    for at in range(0, len(low), step):
        if not watch.push(low[at : at + step]):
            return low[: at + step]
    return None


@pytest.mark.parametrize("step", [1, 2, 3, 7])
def test_the_watch_stops_at_once_and_lets_comparisons_be(step: int) -> None:
    evidence = "Eat less than 5 g of salt a day. Do not use salt substitutes."
    stopped = watched(evidence, "Salt is not healthy at all for any of us. More follows here.", step)
    assert stopped is not None and len(stopped) < 30 + step
    assert watched(evidence, "Eat no more than 5 g of salt, and do not use salt substitutes.", step) is None
    assert watched("每天吃盐少于5克。", "每天吃盐不要超过5克。", step) is None
    assert watched("每天吃盐少于5克。", "盐不健康，不要吃。", step) is not None


@given(st.text(alphabet="not never no drink alcohol.不要喝酒。 ", max_size=60), st.integers(1, 5))
def test_a_text_that_is_its_own_evidence_is_never_stopped(text: str, step: int) -> None:
    assert watched(text, text, step) is None
