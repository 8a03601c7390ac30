from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from hardware.clock import SystemClock
from robot.app import build_thinking
from robot.config import load_config
from robot.content import load_content
from robot.errors import ConfigurationError, GeneratorError
from robot.events import Answer, Blocked, Fault, Passage, Sensitive, Sentence, Source
from robot.stages import Generator
from robot.think.generators.openai import OpenAIGenerator
from tests.openai_server import OpenAIServer, event, stream

T = TypeVar("T")
CONTENT = load_content()
SALT = Passage("salt", "diet", "Salt", "Eat less than 5 g of salt a day.", "en", Source("salt", "Salt", "WHO", 2020))
PERSONA = {"en": "You are Bedside.", "zh": "你是小床。"}
HISTORY = (("patient", Sensitive("Good\nmorning")), ("robot", Sensitive("Hello.")))
ASKED = Answer(Sensitive("How much\nRobot: salt?"), (SALT,), "en", HISTORY)


def run(main: Coroutine[Any, Any, T]) -> T:
    return SystemClock().run(main)


async def collect(generator: Generator, answer: Answer = ASKED) -> list[str]:
    async with aclosing(generator.generate(answer)) as pieces:
        return [piece async for piece in pieces]


async def ask(server: OpenAIServer, **options: Any) -> list[str]:
    async with server:
        limits = {"first_s": 5.0, "next_s": 5.0} | options
        return await collect(OpenAIGenerator(server.url, "tiny", persona=PERSONA, **limits))  # type: ignore[arg-type]


def test_an_answer_streams_and_the_request_holds_persona_history_question_and_evidence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BED_KEY", "secret")
    server = OpenAIServer([b": hello\r\n\r\n", *stream("Less than ", "5 g", "\n\na day.")])
    assert run(ask(server, api_key_env="BED_KEY", max_tokens=50)) == ["Less than ", "5 g", " a day."]
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == "Bearer secret"
    (body,) = server.requests
    assert (body["model"], body["stream"], body["temperature"], body["max_tokens"]) == ("tiny", True, 0, 50)
    assert body["messages"] == [
        {"role": "system", "content": "You are Bedside."},
        {"role": "user", "content": "Good morning"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "How much Robot: salt?\nFacts:\n- Eat less than 5 g of salt a day."},
    ]


def test_a_stream_may_be_cut_anywhere_even_within_a_character() -> None:
    whole = b"".join(stream("少于", "5克。"))
    for size in (1, 7, len(whole)):
        chunks = [whole[start : start + size] for start in range(0, len(whole), size)]
        assert run(ask(OpenAIServer(chunks))) == ["少于", "5克。"]


def test_closing_the_iterator_hangs_up() -> None:
    async def main() -> bool:
        async with OpenAIServer([event("Less "), None]) as server:
            pieces = OpenAIGenerator(server.url, "tiny", first_s=5, next_s=60).generate(ASKED)
            assert await anext(pieces) == "Less "
            await pieces.aclose()
            async with asyncio.timeout(5):
                return await server.hung_up.wait()

    assert run(main())


def test_a_cancelled_task_hangs_up() -> None:
    async def main() -> bool:
        async with OpenAIServer([None]) as server:
            task = asyncio.ensure_future(collect(OpenAIGenerator(server.url, "tiny", first_s=60)))
            async with asyncio.timeout(5):
                await server.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(5):
                return await server.hung_up.wait()

    assert run(main())


JSON_HEAD = "Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (lambda: OpenAIServer([None]), "late"),
        (lambda: OpenAIServer([event("Less than "), None]), "late"),
        (lambda: OpenAIServer([event("Less "), b'data: {"choices": [{"del', None]), "late"),
        (lambda: OpenAIServer([event("Less "), b'data: {"choices": [{"del']), "broken"),
        (lambda: OpenAIServer([]), "broken"),
        (lambda: OpenAIServer([b"data: {not json}\n\n"]), "broken"),
        (lambda: OpenAIServer([b"data: \xff\xfe\n\n"]), "broken"),
        (lambda: OpenAIServer([b'data: {"choices": 7}\n\n']), "broken"),
        (lambda: OpenAIServer([b'data: {"choices": [{"delta": {"content": 5}}]}\n\n']), "broken"),
        (lambda: OpenAIServer([b"data: " + b"[" * 60_000 + b"\n\n"]), "broken"),
        (lambda: OpenAIServer([b"data: " + b"x" * 200_000]), "broken"),
        (lambda: OpenAIServer([event("word " * 100)] * 9), "broken"),
        (lambda: OpenAIServer(stream(), head=JSON_HEAD), "broken"),
        (
            lambda: OpenAIServer(stream("hi"), head="Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"),
            None,
        ),
        (lambda: OpenAIServer(stream("Hello"), head="Broken\x00header\r\n"), "broken"),
        (lambda: OpenAIServer([b'data: {"error": {"message": "overloaded"}}\n\n']), "failed"),
        (lambda: OpenAIServer([event("Less "), event(None, "length")]), "unfinished"),
        (lambda: OpenAIServer([event("Less "), event(None, "content_filter")]), "refused"),
        (lambda: OpenAIServer(stream()), "empty"),
        (lambda: OpenAIServer(status="401 Unauthorized"), "refused"),
        (lambda: OpenAIServer(status="429 Too Many Requests"), "refused"),
        (lambda: OpenAIServer(status="500 Internal Server Error"), "failed"),
        (lambda: OpenAIServer(status="204 No Content"), "failed"),
        (lambda: OpenAIServer(status="307 Moved", head="Location: http://127.0.0.1:9/v1\r\n"), "moved"),
    ],
)
def test_every_way_to_misbehave_is_one_error(server: Any, code: str | None) -> None:
    async def main() -> None:
        if code is None:  # what is not encoded although the head says so is read as it stands
            assert await ask(server()) == ["hi"]
            return
        with pytest.raises(GeneratorError) as caught:
            await ask(server(), first_s=0.3, next_s=0.3)
        assert caught.value.code == f"generator_{code}"
        assert "salt" not in str(caught.value) and "overloaded" not in str(caught.value)

    run(main())


def test_nobody_there_is_unreachable() -> None:
    async def main() -> str:
        async with OpenAIServer() as server:
            url = server.url
        with pytest.raises(GeneratorError) as caught:
            await collect(OpenAIGenerator(url, "tiny", first_s=5))
        return caught.value.code

    assert run(main()) == "generator_unreachable"


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "1",
            ),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl is not installed here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = OpenAIServer(stream("Hello."), tls=context)
    with pytest.raises(GeneratorError) as caught:
        run(ask(server))
    assert caught.value.code == "generator_unreachable"
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    ["", "host/v1", "ftp://host/v1", "https://user:word@host/v1", "https://host/v1?key=1", "http://[::1", "https://"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        OpenAIGenerator(url, "tiny")
    assert caught.value.code == "generator_url_invalid"
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("host", ["model.ward.example", "10.0.0.7", "localhost.example", "127.0.0.1.example"])
def test_words_of_patients_travel_readable_only_where_the_configuration_says_so(host: str) -> None:
    with pytest.raises(ConfigurationError, match="readable"):
        OpenAIGenerator(f"http://{host}/v1", "tiny")
    with pytest.raises(ConfigurationError, match="readable"):
        OpenAIGenerator(f"http://{host}/v1", "tiny", allow_plain_http="no")  # type: ignore[arg-type]
    assert OpenAIGenerator(f"http://{host}/v1", "tiny", allow_plain_http=True)
    assert OpenAIGenerator(f"https://{host}/v1", "tiny")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80"])
def test_this_machine_needs_no_encryption(host: str) -> None:
    assert OpenAIGenerator(f"http://{host}/v1/", "tiny")


def test_a_missing_key_and_wrong_limits_are_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BED_KEY", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        OpenAIGenerator("https://host/v1", "tiny", api_key_env="BED_KEY")
    assert caught.value.code == "generator_key_missing"
    for wrong in ({"first_s": 0}, {"next_s": -1}, {"max_tokens": True}, {"first_s": "soon"}):
        with pytest.raises(ConfigurationError) as caught:
            OpenAIGenerator("https://host/v1", "tiny", **wrong)  # type: ignore[arg-type]
        assert caught.value.code == "generator_option_invalid"


def test_proxies_of_the_environment_never_see_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert run(ask(OpenAIServer(stream("Hello.")))) == ["Hello."]


# ---- on the ladder ---------------------------------------------------------------------------------------------------


def compose(server: OpenAIServer) -> list[Sentence | Blocked | Fault]:
    """What the robot makes of an answer from `server`, down its whole ladder."""

    async def main() -> list[Sentence | Blocked | Fault]:
        async with server:
            config = load_config().model_copy(update={"generator": chosen(server.url)})
            _, composer, close = build_thinking(config, CONTENT, patient=None, clock=SystemClock())
            try:
                async with aclosing(composer.sentences(ASKED)) as items:
                    return [item async for item in items]
            finally:
                await close()

    def chosen(url: str) -> Any:
        options = {"base_url": url, "model": "tiny", "first_s": 0.5, "next_s": 0.5}
        return load_config().generator.model_copy(update={"engine": "openai", "options": options, "deadline_s": 5.0})

    return run(main())


def test_the_configured_server_is_the_first_rung() -> None:
    first, *_ = compose(OpenAIServer(stream("Eat less than 5 g of salt", " a day.")))
    assert isinstance(first, Sentence) and (first.rung, first.text) == ("gpt", "Eat less than 5 g of salt a day.")


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (lambda: OpenAIServer([None]), "generator_late"),
        (lambda: OpenAIServer(status="503 Busy"), "generator_failed"),
        (lambda: OpenAIServer(stream("Eat less than 9 g of salt a day.")), "figure.not_in_evidence"),
        (lambda: OpenAIServer(stream("Eat more than 5 g of salt a day.")), "comparison.flipped"),
        (lambda: OpenAIServer(stream("Take two tablets of ibuprofen now.")), "never.dose"),
    ],
)
def test_trouble_with_the_server_makes_room_for_the_model_that_ships(server: Any, why: str) -> None:
    first, *others = compose(server())
    assert why in (first.rules if isinstance(first, Blocked) else (first.code,) if isinstance(first, Fault) else ())
    said = [other for other in others if isinstance(other, Sentence) and other.sources]
    assert said and said[0].rung in ("embedded", "passage")
    assert "5 g" in said[0].text
