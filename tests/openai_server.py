"""A small chat-completions server on this machine, for tests: it streams, misbehaves on demand, sees who hangs up."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Sequence
from typing import Any


def event(text: str | None, reason: str | None = None) -> bytes:
    """One piece of an answer as the protocol has it."""
    delta = {} if text is None else {"content": text}
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def stream(*texts: str) -> list[bytes]:
    """A whole answer in pieces."""
    return [*map(event, texts), event(None, "stop"), b"data: [DONE]\n\n"]


class OpenAIServer:
    """Serves on 127.0.0.1 while it is entered.

    chunks   what is sent after the head, each piece flushed on its own; None among them: silence until hung up
    """

    def __init__(
        self,
        chunks: Sequence[bytes | None] = (),
        *,
        status: str = "200 OK",
        head: str = "Content-Type: text/event-stream\r\n",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.chunks = list(chunks)
        self.status = status
        self.head = head
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.asked = asyncio.Event()
        self.hung_up = asyncio.Event()
        self._tls = tls

    async def __aenter__(self) -> OpenAIServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            self.paths.append(first.split()[1])
            self.headers.append(headers)
            self.requests.append(json.loads(await reader.readexactly(int(headers["content-length"]))))
            self.asked.set()
            writer.write(f"HTTP/1.1 {self.status}\r\n{self.head}Connection: close\r\n\r\n".encode())
            for chunk in self.chunks:
                if chunk is None:
                    await reader.read()
                    self.hung_up.set()
                    break
                writer.write(chunk)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()
