"""The engine `openai`: a model behind any server that speaks OpenAI's chat-completions protocol, streamed.

**With this engine the patient's words leave this process, and with a server elsewhere they leave the building.**
Nothing is sent in the clear: the address must be https, or on this machine, unless `allow_plain_http` says otherwise.
Proxies of the environment are not used and redirects are not followed: the words go to the configured server only.

Evidence-locked decoding needs the model's tokens, which a server keeps to itself: what it writes rests on the guard.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from robot.errors import ConfigurationError, GeneratorError
from robot.events import Answer, Language
from robot.think.generators.chat import messages

_LONGEST_LINE = 64 * 1024
"""Bytes of one event; a token's event has a few hundred."""
_LONGEST_ANSWER = 4000
"""Characters; a spoken answer has a few hundred."""
_SPACES = re.compile(r"\s+")


class OpenAIGenerator:
    """Answers from evidence with the model `model` at `base_url` (`https://host/v1`).

    api_key_env        name of the environment variable that holds the key; None: no key is sent
    first_s, next_s    longest wait for the first and for each further piece, in seconds of the conversation's clock
    max_tokens         longest answer
    allow_plain_http   permit http:// to another machine: the patient's words then travel readable for everybody
    persona            what the model is told first, by language

    Raises ConfigurationError (`generator_url_invalid`, `generator_key_missing`, `generator_option_invalid`).
    `generate` raises GeneratorError with the code `generator_` `unreachable` (no connection, TLS), `late`, `refused`
    (4xx, or the server's filter), `failed` (5xx, an error in the stream), `moved` (3xx), `broken` (not the protocol),
    `unfinished` (cut at `max_tokens`) or `empty`. No error names a word of what was said. Closing the iterator closes
    the connection.
    """

    name = "openai"

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key_env: str | None = None,
        first_s: float = 1.2,
        next_s: float = 2.0,
        max_tokens: int = 160,
        allow_plain_http: bool = False,
        persona: Mapping[Language, str] | None = None,
    ) -> None:
        import httpx

        for option, value in (("first_s", first_s), ("next_s", next_s), ("max_tokens", max_tokens)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
                raise ConfigurationError(
                    "generator_option_invalid",
                    f"The generator's option {option} is {value!r}.",
                    "Give a number above 0.",
                )
        self._httpx = httpx
        self._url = _checked(httpx, base_url, allow_plain_http)
        self._headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", **_authorization(api_key_env)}
        self._tls: Any = httpx.create_ssl_context(trust_env=False) if self._url.startswith("https") else False
        self._model = model
        self._first_s, self._next_s = float(first_s), float(next_s)
        self._max_tokens = int(max_tokens)
        self._persona = persona or {}

    async def generate(self, answer: Answer) -> AsyncGenerator[str, None]:
        said = 0
        ended = False
        async with self._answering(answer) as lines:
            limit = self._first_s
            while True:
                piece, ended = await self._next_piece(lines, limit)
                if piece:
                    said += len(piece)
                    if said > _LONGEST_ANSWER:
                        raise GeneratorError("generator_broken", "The language-model server does not stop.")
                    limit = self._next_s
                    yield piece
                if ended:
                    break
        if not said:
            raise GeneratorError("generator_empty", "The language-model server said nothing.")

    async def _next_piece(self, lines: AsyncIterator[bytes], limit: float) -> tuple[str, bool]:
        """The next text and whether the answer has ended."""
        try:
            async with asyncio.timeout(limit):
                async for line in lines:
                    name, _, data = line.partition(b":")
                    if name != b"data" or not (data := data.strip()):
                        continue  # a comment that keeps the connection open, or a field that says nothing to us
                    if data == b"[DONE]":
                        return "", True
                    piece, ended = _read(data)
                    if piece or ended:
                        return piece, ended
        except TimeoutError:
            raise GeneratorError("generator_late", "The language-model server fell silent.") from None
        except self._httpx.HTTPError as error:
            raise self._broken_off(error) from error
        raise GeneratorError("generator_broken", "The language-model server stopped in the middle of an answer.")

    @asynccontextmanager
    async def _answering(self, answer: Answer) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of a stream that has begun well."""
        body = {
            "model": self._model,
            "messages": messages(
                self._persona.get(answer.language, ""),
                answer.history,
                answer.question,
                [passage.text for passage in answer.evidence],
                answer.language,
            ),
            "stream": True,
            "temperature": 0,
            "max_tokens": self._max_tokens,
        }
        httpx = self._httpx
        async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=None, headers=self._headers) as client:
            request = client.build_request("POST", self._url, json=body)
            try:
                async with asyncio.timeout(self._first_s):
                    response = await client.send(request, stream=True)
            except TimeoutError:
                raise GeneratorError("generator_late", "The language-model server does not answer.") from None
            except httpx.HTTPError as error:
                raise self._broken_off(error) from error
            try:
                _refuse(response.status_code, response.headers.get("content-type", ""))
                async with aclosing(_lines(response.aiter_raw())) as lines:
                    yield lines
            finally:
                await response.aclose()

    def _broken_off(self, error: Exception) -> GeneratorError:
        httpx = self._httpx
        if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
            return GeneratorError(
                "generator_unreachable", "The language-model server cannot be reached.", "Check its address and TLS."
            )
        return GeneratorError("generator_broken", f"The language-model server broke off ({type(error).__name__}).")


def _checked(httpx: Any, base_url: str, allow_plain_http: bool) -> str:
    """The address that answers are asked for at."""
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError):
        url = None
    if url is None or not url.host or url.scheme not in ("http", "https") or url.userinfo or url.query or url.fragment:
        raise ConfigurationError(
            "generator_url_invalid", "The generator's base_url is no address of a server.", "Give https://host/v1."
        )
    if url.scheme == "http" and not _is_loopback(url.host) and allow_plain_http is not True:
        raise ConfigurationError(
            "generator_url_invalid",
            "The generator's base_url is not https: the patient's words would travel readable.",
            "Give https://…, or set allow_plain_http: true where the network itself is protected.",
        )
    return f"{str(url).rstrip('/')}/chat/completions"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _authorization(variable: str | None) -> dict[str, str]:
    if variable is None:
        return {}
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            "generator_key_missing", f"${variable} holds no key for the language-model server.", "Set it."
        )
    return {"Authorization": f"Bearer {key}"}


def _refuse(status: int, content_type: str) -> None:
    """Raise GeneratorError unless an event stream begins."""
    if 300 <= status < 400:
        raise GeneratorError("generator_moved", "The language-model server redirects.", "Give its own address.")
    if 400 <= status < 500:
        advice = "Check its key." if status in (401, 403) else "Check model and address."
        raise GeneratorError("generator_refused", f"The language-model server refuses (status {status}).", advice)
    if status != 200:
        raise GeneratorError("generator_failed", f"The language-model server failed (status {status}).")
    if content_type.partition(";")[0].strip().lower() != "text/event-stream":
        raise GeneratorError("generator_broken", "The language-model server sends no event stream.")


async def _lines(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The complete lines of a stream; one that is too long raises GeneratorError. What is cut off is dropped."""
    rest = b""
    async with aclosing(chunks):
        async for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")
            if len(rest) > _LONGEST_LINE:
                raise GeneratorError("generator_broken", "The language-model server sends a line without end.")


def _read(data: bytes) -> tuple[str, bool]:
    """The text in one event and whether it is the last. Raises GeneratorError."""
    try:
        event = json.loads(data)
        if isinstance(event, dict) and event.get("error") is not None:
            raise GeneratorError("generator_failed", "The language-model server reports an error.")
        choices = event["choices"]
        if not choices:
            return "", False  # some servers end with a count of tokens
        text = (choices[0].get("delta") or {}).get("content") or ""
        reason = choices[0].get("finish_reason")
        if not isinstance(text, str):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise GeneratorError("generator_broken", "The language-model server does not keep to the protocol.") from None
    if reason == "length":
        raise GeneratorError("generator_unfinished", "The language-model server did not come to an end.")
    if reason == "content_filter":
        raise GeneratorError("generator_refused", "The language-model server filtered the answer.")
    return _SPACES.sub(" ", text), reason is not None
