"""Imported knowledge: what is read, what is refused, and that a library is whole whatever happens to an import."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from robot.config import Config, Embedding, Knowledge
from robot.errors import InputError
from robot.knowledge import (
    BUILT_IN,
    embedded,
    import_knowledge,
    imported_into,
    library_folder,
    open_library,
    read_documents,
)
from robot.search import search_lines, searcher
from robot.think.embed import Floats, unit
from robot.think.library import Document, Library


class WordVectors:
    """A real, if poor, embedder: each word has its direction, a text goes the way of its words."""

    name = "words"
    size = 16
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Floats:
        self.texts += texts
        return unit(
            np.array(
                [sum((_direction(word) for word in text.split()), np.zeros(16)) for text in texts], np.float32
            ).reshape(-1, 16)
        )


def _direction(word: str) -> np.ndarray:
    digest = hashlib.blake2b(word.lower().encode(), digest_size=16).digest()
    return np.frombuffer(digest, np.uint8).astype(np.float32) - 127.5


def documents(*pairs: tuple[str, str]) -> list[Document]:
    return [Document(f"d{number}", title, text) for number, (title, text) in enumerate(pairs)]


GOUT = Document(
    "gout-1", "What are the treatments for Gout?", "Rest and cold packs help.", "Gout", "treatment", "NIH", "u"
)
GOUT_SIGNS = Document("gout-2", "What are the symptoms of Gout?", "A swollen, hot toe.", "Gout", "symptoms")
FLU = Document("flu", "What are the treatments for Flu?", "Rest and drink enough.", "Flu", "treatment")
MALARIA = Document("malaria", "What is (are) Malaria?", "A disease that mosquitoes carry.", "Malaria", "information")
SMALL = [GOUT, GOUT_SIGNS, FLU, MALARIA]


def quiet(done: int, of_all: int) -> None:
    assert 0 <= done <= of_all


def put(folder: Path, content: list[Document], embedder: WordVectors | None = None) -> Library:
    imported_into(folder, content, embedder, quiet)
    return Library(folder, embedder)


def found(library: Library, query: str, k: int = 10) -> list[str]:
    return [document.id for document, _ in library.search(query, k)]


# ---- searching -------------------------------------------------------------------------------------------------------


def test_subject_and_kind_of_question_decide(tmp_path: Path) -> None:
    library = put(tmp_path, SMALL)
    assert found(library, "My father has gout. How can it be treated? Thank you!")[0] == "gout-1"
    assert found(library, "what are the signs of gout")[0] == "gout-2"
    assert found(library, "mosquito disease")[0] == "malaria"


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    library = put(tmp_path, SMALL)
    assert [library.document(place) for place in range(library.size)] == SMALL
    ((document, score),) = library.search("malaria", 1)
    assert document == MALARIA
    assert score > 0


@given(st.text(max_size=100), st.integers(1, 6))
@settings(deadline=None)
def test_any_text_is_a_query(tmp_path_factory: pytest.TempPathFactory, query: str, k: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    if not folder.exists():
        put(folder, SMALL, WordVectors())
    hits = Library(folder, WordVectors()).search(query, k)
    scores = [score for _, score in hits]
    assert len(hits) <= k
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1.001 for score in scores)


def test_chinese_is_found_by_its_words(tmp_path: Path) -> None:
    library = put(tmp_path, documents(("痛风怎么治疗", "休息和冷敷。"), ("感冒怎么办", "多喝水。")))
    assert found(library, "我爸爸有痛风")[0] == "d0"


# ---- laws of the index -----------------------------------------------------------------------------------------------

TEXT = st.sampled_from(["gout", "toe pain", "flu and fever", "cold hands", "sleep", "salt in food"])
STATE = st.dictionaries(st.sampled_from("abcde"), st.tuples(TEXT, TEXT), min_size=1)


def _named(state: dict[str, tuple[str, str]]) -> list[Document]:
    return [Document(name, title, text, focus=title) for name, (title, text) in state.items()]


@settings(max_examples=25, deadline=None)
@given(st.lists(STATE, min_size=1, max_size=3))
def test_an_import_over_others_is_an_import_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, tuple[str, str]]]
) -> None:
    grown, fresh = tmp_path_factory.mktemp("grown"), tmp_path_factory.mktemp("fresh")
    for state in states:
        embedder = WordVectors()
        put(grown, _named(state), embedder)
    assert len(embedder.texts) == len(set(embedder.texts)), "no text is embedded twice"
    put(fresh, _named(states[-1]), WordVectors())
    one, other = (next(folder.glob("build-*")) for folder in (grown, fresh))
    assert len(list(grown.glob("build-*"))) == 1
    for file in sorted(path.name for path in one.iterdir()):
        assert (one / file).read_bytes() == (other / file).read_bytes(), file


def test_what_did_not_change_is_not_embedded_again(tmp_path: Path) -> None:
    put(tmp_path, SMALL, WordVectors())
    embedder = WordVectors()
    library = put(tmp_path, [*SMALL[1:], Document("new", "What is Scurvy?", "A lack of vitamin C.")], embedder)
    assert sorted(embedder.texts) == ["What is Scurvy?"]
    assert library.size == 4
    assert "gout-1" not in found(library, "gout treatment")


def test_another_embedder_takes_nothing_over(tmp_path: Path) -> None:
    put(tmp_path, SMALL, WordVectors())
    other = WordVectors()
    other.name = "others"
    put(tmp_path, SMALL, other)
    assert len(other.texts) == 4


# ---- whatever happens to an import -----------------------------------------------------------------------------------


class Interrupted(WordVectors):
    """The user presses Ctrl-C while it embeds."""

    def embed(self, texts: Sequence[str]) -> Floats:
        raise KeyboardInterrupt


def test_an_interrupted_import_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    put(tmp_path, SMALL, WordVectors())
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, documents(("scurvy", "vitamin c")), Interrupted())
    assert found(Library(tmp_path, WordVectors()), "gout")
    assert len(list(tmp_path.glob("build-*"))) == 1


def test_a_half_written_build_is_not_read_and_is_cleared_away(tmp_path: Path) -> None:
    put(tmp_path, SMALL)
    half = tmp_path / "build-half"
    half.mkdir()
    (half / "documents.jsonl").write_text("{", encoding="utf-8")
    assert found(Library(tmp_path, None), "gout")
    put(tmp_path, SMALL)
    assert not half.exists()


def test_a_reader_keeps_the_build_that_it_opened(tmp_path: Path) -> None:
    old = put(tmp_path, SMALL, WordVectors())
    put(tmp_path, documents(("scurvy", "vitamin c")), WordVectors())
    assert found(old, "gout")[0] in ("gout-1", "gout-2")


def test_two_imports_at_once_are_refused(tmp_path: Path) -> None:
    class Second(WordVectors):
        def embed(self, texts: Sequence[str]) -> Floats:
            with pytest.raises(InputError) as raised:
                put(tmp_path, SMALL, WordVectors())
            assert raised.value.code == "library_busy"
            return super().embed(texts)

    assert put(tmp_path, SMALL, Second()).size == 4


def _damage(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda build: (build / name).write_bytes(content) and None


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_damage("meta.json", b"{}"), "library_invalid"),
        (_damage("meta.json", b"no json"), "library_invalid"),
        (_damage("meta.json", b'{"format": 99, "size": 4, "embedder": ""}'), "library_invalid"),
        (_damage("vectors.npy", b""), "library_invalid"),
        (_damage("titles-keys.npy", b"\x93NUMPY"), "library_invalid"),
        (_damage("documents.jsonl", b"{}\n"), "library_invalid"),
        (lambda build: (build / "rows.npy").unlink(), "library_invalid"),
        (lambda build: (build / "meta.json").unlink(), "library_missing"),
        (lambda build: (build.parent / "current").write_bytes(b"\xff") and None, "library_missing"),
    ],
)
def test_a_damaged_library_is_one_error_and_can_be_imported_anew(
    tmp_path: Path, damage: Callable[[Path], None], code: str
) -> None:
    put(tmp_path, SMALL)
    damage(next(tmp_path.glob("build-*")))
    with pytest.raises(InputError) as raised:
        Library(tmp_path, None)
    assert raised.value.code == code
    assert found(put(tmp_path, SMALL), "gout")


def test_a_library_of_another_embedder_is_not_searched(tmp_path: Path) -> None:
    put(tmp_path, SMALL)
    with pytest.raises(InputError) as raised:
        Library(tmp_path, WordVectors())
    assert raised.value.code == "library_changed"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file") as raised:
        put(tmp_path / "file", SMALL)
    assert raised.value.code == "library_unwritable"


# ---- reading ---------------------------------------------------------------------------------------------------------

LINE = {"id": "a", "question": "What is gout?", "answer": "A disease."}


def lines(tmp_path: Path, *items: object) -> Path:
    path = tmp_path / "knowledge.jsonl"
    path.write_bytes(b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items))
    return path


def test_lines_are_read_with_all_their_fields(tmp_path: Path) -> None:
    full = {**LINE, "id": 7, "focus": "Gout", "question_type": "information", "source": "NIH", "url": "u", "more": 1}
    empty = {**LINE, "id": "b", "answer": ""}
    read, left_out = read_documents(lines(tmp_path, full, b"", empty, b"\xef\xbb\xbf" + json.dumps(LINE).encode()))
    assert read == [
        Document("7", "What is gout?", "A disease.", "Gout", "information", "NIH", "u"),
        Document("a", "What is gout?", "A disease."),
    ]
    assert left_out == 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'"text"', "not a JSON object"),
        (b"\xff\xfe{", "not UTF-8"),
        ({"question": "q", "answer": "a"}, "'id'"),
        ({**LINE, "id": None}, "'id'"),
        ({**LINE, "id": True}, "'id'"),
        ({**LINE, "id": " "}, "'id'"),
        ({"id": "b", "answer": "a"}, "'question'"),
        ({"id": "b", "question": "q"}, "'answer'"),
        ({**LINE, "id": "b", "answer": ["a"]}, "'answer'"),
        ({**LINE, "id": "b", "focus": 3}, "'focus'"),
        (LINE, "was there before"),
        (b'{"id": "' + b"x" * 4_000_001 + b'"}', "longer than"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(tmp_path: Path, bad: object, said: str) -> None:
    with pytest.raises(InputError) as raised:
        read_documents(lines(tmp_path, LINE, bad))
    assert raised.value.code == "knowledge_invalid"
    assert f"{tmp_path / 'knowledge.jsonl'}:2: " in str(raised.value)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError) as raised:
        read_documents(lines(tmp_path, content))
    assert raised.value.code == "knowledge_empty"


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_documents(tmp_path / "nothing.jsonl")
    assert raised.value.code == "knowledge_missing"


def test_half_a_character_in_json_does_not_stop_the_import(tmp_path: Path) -> None:
    (document,), _ = read_documents(lines(tmp_path, b'{"id": "a", "question": "q \\ud83d", "answer": "a"}'))
    assert document.title == "q ?"
    put(tmp_path / "library", [document])


MARKDOWN = """---
author: somebody
---
Before any heading.

# Gout
What it is.

## Treatment #
Rest.
```
# no heading
```
## Empty

# Flu
Rest, too.
# Flu
Again.
"""


def test_a_folder_of_markdown_becomes_a_document_a_heading(tmp_path: Path) -> None:
    (tmp_path / "joints").mkdir()
    (tmp_path / "joints" / "all.md").write_text(MARKDOWN, encoding="utf-8")
    (tmp_path / "plain.md").write_text("Only text.", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("# no", encoding="utf-8")
    read, _ = read_documents(tmp_path)
    assert [(document.id, document.title, document.focus) for document in read] == [
        ("joints/all", "joints/all", ""),
        ("joints/all#Gout", "Gout", "Gout"),
        ("joints/all#Treatment", "Gout – Treatment", "Gout"),
        ("joints/all#Flu", "Flu", "Flu"),
        ("joints/all#Flu+", "Flu", "Flu"),
        ("plain", "plain", ""),
    ]
    assert read[2].text == "Rest.\n```\n# no heading\n```"


def test_a_folder_without_markdown_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text", encoding="utf-8")
    with pytest.raises(InputError, match=r"\*\.md") as raised:
        read_documents(tmp_path)
    assert raised.value.code == "knowledge_empty"


def test_markdown_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(InputError, match=r"old\.md: not UTF-8"):
        read_documents(tmp_path)


# ---- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """By words alone, libraries in a folder of the test."""
    return Config(knowledge=Knowledge(folder=tmp_path / "libraries"), embedder=Embedding(engine="none"))


def test_retrieve_searches_what_was_imported(tmp_path: Path, config: Config) -> None:
    assert open_library(config) is None
    assert searcher(config)("how much salt is healthy", 1)[0]["id"].startswith("diet-salt")
    said = io.StringIO()
    source = lines(tmp_path, LINE, {**LINE, "id": "b", "answer": ""})
    assert import_knowledge(source, config, None, Console(file=said)) == 0
    assert "1 documents are in imported; 0 texts were new" in said.getvalue()
    assert "1 without an answer left out" in said.getvalue()
    out: list[Any] = []
    assert search_lines(config, ['{"id": 1, "query": "gout", "k": 2}'], out.append) == 0
    ((hit,),) = (answer["hits"] for answer in out)
    assert hit.keys() == {"id", "score", "title", "text"}
    assert (hit["id"], hit["title"], hit["text"]) == ("a", "What is gout?", "A disease.")
    assert searcher(config, BUILT_IN)("how much salt is healthy", 1)[0]["id"].startswith("diet-salt")


def test_libraries_have_names(tmp_path: Path, config: Config) -> None:
    import_knowledge(lines(tmp_path, LINE), config, "joints", Console(file=io.StringIO()))
    assert open_library(config) is None, "only the configured one is searched unasked"
    assert searcher(config, "joints")("gout", 1)[0]["id"] == "a"
    with pytest.raises(InputError) as raised:
        searcher(config, "nothing")
    assert raised.value.code == "library_missing"


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", BUILT_IN, "x" * 65, " "])
def test_a_name_cannot_lead_elsewhere(config: Config, name: str) -> None:
    with pytest.raises(InputError) as raised:
        library_folder(config, name)
    assert raised.value.code == "name_invalid"


def test_many_texts_are_embedded_in_any_order_and_reported() -> None:
    texts = [f"text {'x ' * (number % 7)}{number}" for number in range(300)]
    heard: list[int] = []
    vectors = embedded(texts, WordVectors(), lambda done, of_all: heard.append(done))
    assert np.allclose(vectors, WordVectors().embed(texts))
    assert heard[0] == 0
    assert heard[-1] == 300
    assert heard == sorted(heard)
