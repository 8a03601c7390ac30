"""A small nurse-call service on this machine, for tests: it receives, misbehaves on demand, and acknowledges."""

from __future__ import annotations

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Mood = Literal["fine", "fails", "busy", "hangs", "half", "refuses", "moved", "late_half"]


class NurseService:
    """Serves on 127.0.0.1. `moods` says how the next POSTs are answered; without one it is fine."""

    def __init__(self, moods: list[Mood] | None = None, always: Mood = "fine") -> None:
        self.moods: deque[Mood] = deque(moods or [])
        self.always: Mood = always
        self.posts: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.known: dict[str, dict[str, Any]] = {}
        """What the service has, by idempotency key."""
        self.status: dict[str, dict[str, Any]] = {}
        """Changes to what GET answers, by request id."""
        self.let_go = threading.Event()
        self.got = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.posts.append(body)
                service.headers.append(dict(self.headers))
                mood = service.moods.popleft() if service.moods else service.always
                if mood in ("fine", "late_half"):
                    service.known[self.headers["Idempotency-Key"]] = body
                self.answer(mood, b'{"resourceType": "CommunicationRequest"}')
                service.got.set()

            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                found = [body for body in service.known.values() if body["id"] == name]
                if found:
                    self.answer("fine", json.dumps({**found[-1], **service.status.get(name, {})}).encode())
                else:
                    self.answer("refuses", b"")

            def answer(self, mood: Mood, body: bytes) -> None:
                if mood == "hangs":
                    service.let_go.wait(20)
                    self.close_connection = True
                    return
                self.send_response({"fails": 500, "busy": 429, "refuses": 404, "moved": 307}.get(mood, 200))
                if mood == "moved":
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:5] if mood in ("half", "late_half") else body)
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Tests need no access log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/fhir/CommunicationRequest"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> NurseService:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def acknowledge(self, request_id: str, **changes: Any) -> None:
        """A person presses the button over there."""
        self.status[request_id] = {"status": "completed", **changes}
