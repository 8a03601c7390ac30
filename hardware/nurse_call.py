"""Nurse-call lines: a log for trying things out, and a web service that speaks FHIR."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hardware.clock import SystemClock
from hardware.ports import Clock, HardwareError, NurseRequest, OnAcknowledged

PRIORITIES = {"emergency": "stat", "urgent": "urgent", "routine": "routine"}
"""Our urgency as a FHIR R4 request-priority (which also has `asap`)."""

ROLES = ("nurse", "charge_nurse", "emergency_team")

FIRST_RETRY_S, LAST_RETRY_S = 0.25, 2.0
"""Waits between attempts of a delivery: doubled from the first to the last."""

_WORTH_RETRYING = {408, 425, 429}
"""Refusals (RFC 9110, 8470, 6585) that may turn into a yes; all other 4xx will be the same in a second."""


class LogNurseCall:
    """Writes each request as one JSON line to the file `path` (default: standard error), without the patient's words.

    **Nobody is called**, so a call is never delivered: the robot tells the patient to press the call button, as it does
    with a dead line. For trials, never for a ward.
    """

    def __init__(self, path: str | Path | None = None, clock: Clock | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._clock = clock or SystemClock()
        self._written: set[str] = set()

    async def open(self, on_acknowledged: OnAcknowledged) -> None:
        """Nothing to open; `on_acknowledged` will not be called."""

    async def deliver(self, request: NurseRequest) -> None:
        if request.id not in self._written:
            self._write(request)
            self._written.add(request.id)
        raise _undelivered("it was written to a log, and nobody was called", "Configure a nurse-call line.")

    def _write(self, request: NurseRequest) -> None:
        line = json.dumps(
            {
                "time": self._clock.wall().isoformat(),
                "id": request.id,
                "bed": request.bed,
                "urgency": request.urgency,
                "reason": request.reason,
                "escalation": request.escalation,
                "note": "this is a log, nobody was called",
            },
            ensure_ascii=False,
        )
        try:
            if self._path is None:
                sys.stderr.write(line + "\n")
                sys.stderr.flush()
            else:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
        except OSError as error:
            raise _undelivered(
                f"the log cannot be written ({error.strerror})", "Check the path and the disk."
            ) from error

    async def close(self) -> None:
        """Nothing to close."""


class WebhookNurseCall:
    """Posts each request to `url` as a FHIR R4 CommunicationRequest and asks there for its acknowledgement.

    Delivery: `POST url`, header `Idempotency-Key`, optionally a bearer `token`. Only a complete 2xx answer counts as
    delivered. Time-outs, broken answers, 5xx, 408, 425 and 429 are tried again with growing waits until `give_up_s`;
    any other answer (redirects too: the words go nowhere else) fails at once. The same request (id and escalation) is
    delivered once; escalated under the same id, it is posted again.

    Acknowledgement: every `acknowledge_poll_s`, `GET url/<id>` until `status` is `completed`. The role that answered
    is `recipient[].display` where that is one of `ROLES`, else the role that was called: never a person's name.
    `revoked` and `entered-in-error` end the asking without one.

    The patient's own words are in the payload, for the nurse. So `url` must be https, or a loopback address.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout_s: float = 5.0,
        acknowledge_poll_s: float = 2.0,
        give_up_s: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        import httpx

        _refuse_insecure(httpx, url)
        self._httpx = httpx
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._poll_s = acknowledge_poll_s
        self._give_up_s = give_up_s
        self._clock = clock or SystemClock()
        self._client: httpx.AsyncClient | None = None
        self._on_acknowledged: OnAcknowledged | None = None
        self._delivered: set[tuple[str, str]] = set()
        self._polls: dict[str, asyncio.Task[None]] = {}

    async def open(self, on_acknowledged: OnAcknowledged) -> None:
        self._on_acknowledged = on_acknowledged
        self._client = self._httpx.AsyncClient(headers=self._headers, timeout=self._timeout_s)

    async def deliver(self, request: NurseRequest) -> None:
        key = (request.id, request.escalation)
        if key in self._delivered:
            return
        body = communication_request(request, self._clock.wall().isoformat())
        give_up_at = self._clock.now() + self._give_up_s
        wait = FIRST_RETRY_S
        while (problem := await self._post(body, "-".join(key), give_up_at - self._clock.now())) is not None:
            if self._clock.now() + wait >= give_up_at:
                raise _undelivered(problem, "Check the network and the nurse-call service.")
            await self._clock.sleep(wait)
            wait = min(2 * wait, LAST_RETRY_S)
        self._delivered.add(key)
        if request.id not in self._polls:
            self._polls[request.id] = asyncio.get_running_loop().create_task(self._poll(request))

    async def close(self) -> None:
        """Stop asking for acknowledgements; closing twice is fine."""
        self._on_acknowledged = None
        polls, self._polls = list(self._polls.values()), {}
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, body: Mapping[str, Any], key: str, left_s: float) -> str | None:
        """None once delivered, else what went wrong. Raises HardwareError where another attempt would not help."""
        if self._client is None:
            raise _undelivered("the line is not open", "Open it first.")
        headers = {"Content-Type": "application/fhir+json", "Idempotency-Key": key}
        try:
            async with asyncio.timeout(min(self._timeout_s, left_s)):
                response = await self._client.post(self._url, json=body, headers=headers)
        except (TimeoutError, self._httpx.TimeoutException):
            return "no answer in time"
        except self._httpx.HTTPError as error:
            return f"the connection failed ({type(error).__name__})"
        status = response.status_code
        if response.is_success:
            return None
        if status < 500 and status not in _WORTH_RETRYING:
            advice = "Check its token." if status in (401, 403) else "Check its address."
            raise _undelivered(f"the service refused it (status {status})", advice)
        return f"the service failed (status {status})"

    async def _poll(self, request: NurseRequest) -> None:
        while True:
            await self._clock.sleep(self._poll_s)
            answer = await self._ask(request.id)
            if answer.get("status") == "completed" and self._on_acknowledged is not None:
                self._on_acknowledged(request.id, _role(answer) or request.escalation)
            if answer.get("status") in ("completed", "revoked", "entered-in-error"):
                return

    async def _ask(self, request_id: str) -> Mapping[str, Any]:
        """The request as the service has it; empty when it cannot be told."""
        if self._client is None:
            return {}
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.get(f"{self._url}/{quote(request_id, safe='')}")
            answer = response.json() if response.is_success else {}
        except (TimeoutError, ValueError, self._httpx.HTTPError):
            return {}
        return answer if isinstance(answer, dict) else {}


def communication_request(request: NurseRequest, authored_on: str) -> dict[str, Any]:
    """`request` as a FHIR R4 CommunicationRequest. The bed is in `about`: R4 has no location in this resource."""
    resource: dict[str, Any] = {
        "resourceType": "CommunicationRequest",
        "id": request.id,
        "identifier": [{"value": request.id}],
        "status": "active",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/communication-category", "code": "alert"}]}
        ],
        "priority": PRIORITIES[request.urgency],
        "about": [{"type": "Location", "display": request.bed}],
        "authoredOn": authored_on,
        "recipient": [{"type": "PractitionerRole", "display": request.escalation}],
        "sender": {"type": "Device", "display": "Bedside"},
        "reasonCode": [{"text": request.reason}],
    }
    if request.words:
        resource["payload"] = [{"contentString": str(request.words)}]
    return resource


def _role(answer: Mapping[str, Any]) -> str | None:
    recipients = answer.get("recipient")
    for recipient in recipients if isinstance(recipients, list) else []:
        if isinstance(recipient, dict) and recipient.get("display") in ROLES:
            return str(recipient["display"])
    return None


def _refuse_insecure(httpx: Any, url: str) -> None:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise HardwareError("nurse_call_url_wrong", "The nurse-call address is no URL.", "Give https://…") from error
    if parts.host and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.host))):
        return
    raise HardwareError(
        "nurse_call_insecure",
        "The nurse-call address must be https: the patient's words travel over it.",
        "Give an https:// address (http:// only to this machine itself).",
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _undelivered(why: str, advice: str) -> HardwareError:
    return HardwareError("nurse_call_undelivered", f"The nurse call was not delivered: {why}.", advice)
