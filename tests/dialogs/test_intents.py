"""The wordings of `dialogs/intents.yaml`: each example means its own intent, and no question is taken for a command."""

from __future__ import annotations

import pytest

from robot.think.understand import Understanding
from tests.conversations import shared

DIALOGS = shared().dialogs
UNDERSTANDING = Understanding(DIALOGS.intents)
EXAMPLES = [
    (name, language, example)
    for name, intent in DIALOGS.intents.intents.items()
    for language, wordings in (("en", intent.en), ("zh", intent.zh))
    for example in wordings.examples
]
QUESTIONS = [
    (passage.id, language, question)
    for passage in DIALOGS.passages
    for language, questions in (("en", passage.questions.en), ("zh", passage.questions.zh))
    for question in questions
]


@pytest.mark.parametrize(("name", "language", "example"), EXAMPLES)
def test_an_example_means_its_own_intent(name: str, language: str, example: str) -> None:
    assert UNDERSTANDING.intent(example, language) == name  # type: ignore[arg-type]


BETTER_THAN_THE_PASSAGE = {
    "may_i_get_up": {"exercise-call-before-up", "exercise-first-walk"},
    "need_toilet": {"conditions-constipation-what", "exercise-call-before-up", "symptoms-leaking-urine"},
    "afraid": {"stress-slow-breathing", "symptoms-low-mood-worry"},
    "lonely": {"stress-low-mood", "symptoms-lonely"},
}
"""Who asks this for himself gets an answer by his own orders, a person, or a kind word before the passage's advice."""


def test_no_question_of_the_knowledge_base_means_something_else() -> None:
    """A question that is taken for `stop`, `nurse` or small talk would never reach its answer."""
    taken = {
        (passage, language, question): intent
        for passage, language, question in QUESTIONS
        if (intent := UNDERSTANDING.intent(question, language)) is not None  # type: ignore[arg-type]
        and passage not in BETTER_THAN_THE_PASSAGE.get(intent, ())
    }
    assert taken == {}


SHORT_ANSWERS = {
    "affirm": [
        "yes",
        "Yes, please.",
        "okay",
        "OK.",
        "sure",
        "all right",
        "yes that is fine",
        "好",
        "好的。",
        "嗯",
        "可以可以",
    ],
    "deny": ["no", "No, thank you.", "nope", "not now", "no thanks", "不", "不用了，谢谢", "不要", "没有"],
    "stop": ["stop", "Stop it!", "please stop", "wait", "hold on a moment", "停", "别说了"],
    "nurse": [
        "nurse!",
        "call the nurse",
        "I need the nurse now",
        "get me a nurse please",
        "Call the doctor!",
        "please get a doctor",
        "护士！",
        "帮我叫一下护士",
        "快叫医生",
        "叫一下大夫",
    ],
    "goodbye": ["bye", "Good bye!", "bye bye", "再见"],
    "repeat": ["pardon?", "what did you say", "can you repeat that", "say it again please", "什么？再说一遍"],
    "thanks": ["thanks", "thank you very much", "谢谢你"],
    "greet": ["hello", "Hi!", "good morning", "你好", "您好"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in SHORT_ANSWERS.items() for text in texts])
def test_common_short_answers(name: str, text: str) -> None:
    language = "zh" if any(char > "\u3400" for char in text) else "en"
    assert UNDERSTANDING.intent(text, language) == name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "the bus did not stop here",
        "my sister is a nurse",
        "I said goodbye to my cat yesterday and I am sad",
        "yes but how much salt is that",
        "no salt at all or a little",
        "my heart stopped for the view",
        "is it okay to eat eggs",
        "nobody told me about exercise",
        "没有盐的菜好吃吗",
        "不吃早饭好不好",
        "好吃的东西有哪些",
        "我妹妹是护士",
        "i do not need a nurse",
        "不用叫护士",
        "do not call the doctor",
        "不用叫医生",
        "when should i call the doctor",
        "should i drink more in hot weather",
        "天气热要多喝水吗",
        "is chicken stock salty",
        "is watching a movie in bed bad for sleep",
        "睡前看电影好吗",
        "will it keep me awake",
        "why do i need to drink water",
        "为什么要多喝水",
        "okay can i eat eggs",
        "what can i do about stress",
        "血压计怎么用",
        "吃药能不吃柚子吗",
        "记录饮食有用吗",
    ],
)
def test_words_inside_a_sentence_are_no_command(text: str) -> None:
    language = "zh" if any(char > "\u3400" for char in text) else "en"
    assert UNDERSTANDING.intent(text, language) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "should I stop taking my blood pressure pills",
        "can I skip my insulin tonight",
        "how many milligrams should I take",
        "can I take two aspirin",
        "can I double my tablets",
        "今晚的胰岛素能不打吗",
        "降压药可以停吗",
        "布洛芬吃几片",
    ],
)
def test_changing_a_medicine_is_recognized(text: str) -> None:
    language = "zh" if any(char > "\u3400" for char in text) else "en"
    assert UNDERSTANDING.intent(text, language) == "medicine_change"  # type: ignore[arg-type]
