"""What answers are worth: each measure on answers whose worth is plain to see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.loader import HERE
from dialogs.never import load_never
from dialogs.training import load_training
from robot.evaluate.replies import ReplyJudge, Scores
from robot.learn.record import Record

SALT = Record(
    id="1",
    language="en",
    kind="passage",
    split="test_wording",
    passage=None,
    history=(),
    question="how much salt a day",
    evidence=("The ward advises less than 5 g of salt a day. Bread and soup hold salt too.",),
    answer="The ward advises less than 5 g of salt a day.",
    licence="own",
    source="test",
)
ZH = replace(
    SALT,
    language="zh",
    question="一天吃多少盐",
    evidence=("每天吃盐少于5克，面包里也有盐。",),
    answer="每天吃盐少于5克。",
)


@pytest.fixture(scope="module")
def judge() -> ReplyJudge:
    forms = {language: each.answers for language, each in load_training().items()}
    return ReplyJudge(load_never(HERE / "never.yaml"), forms)


def one(judge: ReplyJudge, reply: str, record: Record = SALT) -> Scores:
    return judge.scores([record], [reply])


def test_the_reference_itself_is_perfect(judge: ReplyJudge) -> None:
    for record in (SALT, ZH):
        assert one(judge, record.answer, record) == Scores(1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, None, 0.0)


def test_a_wrong_figure_is_untrue_and_stopped_by_the_guard(judge: ReplyJudge) -> None:
    for reply, record in (("The ward advises less than 6 g of salt a day.", SALT), ("每天吃盐少于6克。", ZH)):
        scores = one(judge, reply, record)
        assert (scores.figures_true, scores.figures_told, scores.figure_fidelity) == (0.0, 0.0, 0.0)
        assert (scores.figures_guarded, scores.guard_passed) == (1.0, 0.0)


def test_a_figure_left_out_is_not_told(judge: ReplyJudge) -> None:
    scores = one(judge, "Bread and soup hold salt too.")
    assert (scores.figures_true, scores.figures_told, scores.figure_fidelity) == (None, 0.0, 0.0)


def test_a_figure_in_another_unit_is_not_the_same_figure(judge: ReplyJudge) -> None:
    assert one(judge, "The ward advises less than 5 mg of salt a day.").figures_true == 0.0
    assert one(judge, "The ward advises less than five grams of salt a day.").figures_true == 1.0


def test_words_of_its_own_have_no_ground(judge: ReplyJudge) -> None:
    assert one(judge, "Bananas cure purple elephants.").grounded == 0.0
    assert one(judge, "Bread holds purple salt.").grounded == pytest.approx(0.5)


def test_every_standard_way_to_decline_is_seen_and_no_answer_is_taken_for_one(judge: ReplyJudge) -> None:
    for language, forms in load_training().items():
        refusals = [text for each in forms.answers.refusals.values() for text in each.say]
        assert all(judge.declines(text, language) for text in [*forms.answers.unknown, *refusals])
    assert not any(judge.declines(record.answer, record.language) for record in (SALT, ZH))
    assert not judge.declines("", "en")


def test_declining_counts_where_the_reference_declines(judge: ReplyJudge) -> None:
    unknown = load_training()["en"].answers.unknown
    must = replace(SALT, kind="unanswerable", answer=unknown[0])
    assert one(judge, unknown[1], must).declined == 1.0
    assert one(judge, SALT.answer, must).declined == 0.0
    assert one(judge, SALT.answer, must).answered is None
    assert one(judge, unknown[1]).answered == 0.0
    assert one(judge, "").answered == 0.0


def test_repetition_is_seen(judge: ReplyJudge) -> None:
    assert one(judge, "eat less salt today " * 6).repeated == pytest.approx(1 - 4 / 21, abs=1e-4)


def test_no_answers_have_no_scores(judge: ReplyJudge) -> None:
    assert judge.scores([], []) == Scores(0, None, None, None, None, None, None, None, None, None)
