"""The nurse-call lines: what travels, what counts as delivered, and what never leaves the machine."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hardware.nurse_call import LogNurseCall, WebhookNurseCall
from hardware.ports import HardwareError, NurseRequest
from tests.nurse_service import Mood, NurseService

WORDS = "my chest feels tight"
REQUEST = NurseRequest("call-7", "12 B", "emergency", "chest_pain", WORDS)


def deliver(
    service: NurseService,
    *requests: NurseRequest,
    give_up_s: float = 3.0,
    timeout_s: float = 0.3,
    token: str | None = None,
    then: Callable[[list[tuple[str, str]]], Awaitable[None]] | None = None,
) -> list[tuple[str, str]]:
    """Deliver over a fresh line; returns the acknowledgements that had come when `then` was through."""
    acknowledged: list[tuple[str, str]] = []

    async def main() -> None:
        line = WebhookNurseCall(service.url, token, timeout_s=timeout_s, acknowledge_poll_s=0.02, give_up_s=give_up_s)
        await line.open(lambda request_id, by: acknowledged.append((request_id, by)))
        try:
            for request in requests or (REQUEST,):
                await line.deliver(request)
            if then is not None:
                async with asyncio.timeout(5):
                    await then(acknowledged)
        finally:
            await line.close()

    asyncio.run(main())
    return acknowledged


async def until_one(acknowledged: list[tuple[str, str]]) -> None:
    for _ in range(400):
        if acknowledged:
            return
        await asyncio.sleep(0.01)


def test_the_request_travels_as_fhir_with_the_patients_words() -> None:
    with NurseService() as service:
        deliver(service, token="secret")
    (body,) = service.posts
    assert body["resourceType"] == "CommunicationRequest"
    assert body["status"] == "active"
    assert body["priority"] == "stat"
    assert body["payload"] == [{"contentString": WORDS}]
    assert body["about"][0]["display"] == "12 B"
    assert body["reasonCode"] == [{"text": "chest_pain"}]
    assert body["recipient"][0]["display"] == "nurse"
    assert body["authoredOn"].endswith("+00:00")
    headers = service.headers[0]
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Content-Type"] == "application/fhir+json"


def test_a_request_without_words_has_no_payload() -> None:
    """FHIR forbids empty strings."""
    with NurseService() as service:
        deliver(service, NurseRequest("call-8", "3", "routine", "water", ""))
    assert "payload" not in service.posts[0]
    assert service.posts[0]["priority"] == "routine"


@pytest.mark.parametrize("mood", ["fails", "busy", "hangs", "half"])
def test_a_passing_failure_is_tried_again(mood: Mood) -> None:
    with NurseService([mood, mood]) as service:
        deliver(service)
    assert len(service.posts) == 3
    assert list(service.known) == ["call-7-nurse"]


def test_an_answer_lost_on_its_way_leads_to_the_same_key_not_to_a_second_call() -> None:
    with NurseService(["late_half"]) as service:
        deliver(service)
    assert len(service.posts) == 2
    assert {headers["Idempotency-Key"] for headers in service.headers} == {"call-7-nurse"}
    assert len(service.known) == 1


@pytest.mark.parametrize("mood", ["fails", "hangs", "half"])
def test_a_lasting_failure_is_undelivered_in_time_and_says_nothing_private(mood: Mood) -> None:
    began = time.monotonic()
    with NurseService(always=mood) as service, pytest.raises(HardwareError) as caught:
        deliver(service, give_up_s=0.8)
    assert caught.value.code == "nurse_call_undelivered"
    assert time.monotonic() - began < 2.5
    assert len(service.posts) >= 2
    assert WORDS not in str(caught.value)


@pytest.mark.parametrize("mood", ["refuses", "moved"])
def test_a_refusal_is_undelivered_at_once(mood: Mood) -> None:
    """A redirect too: the patient's words are not sent where a stranger points."""
    with NurseService(always=mood) as service, pytest.raises(HardwareError) as caught:
        deliver(service, give_up_s=30)
    assert caught.value.code == "nurse_call_undelivered"
    assert len(service.posts) == 1


def test_nobody_there_is_undelivered() -> None:
    with NurseService() as service:
        pass
    with pytest.raises(HardwareError) as caught:
        deliver(service, give_up_s=0.5)
    assert caught.value.code == "nurse_call_undelivered"


def test_the_same_request_is_posted_once_and_its_escalation_again() -> None:
    charge = NurseRequest("call-7", "12 B", "emergency", "chest_pain", WORDS, "charge_nurse")
    with NurseService() as service:
        deliver(service, REQUEST, REQUEST, charge, charge)
    assert [body["recipient"][0]["display"] for body in service.posts] == ["nurse", "charge_nurse"]


def test_the_acknowledgement_tells_a_role_once() -> None:
    with NurseService() as service:

        async def then(acknowledged: list[tuple[str, str]]) -> None:
            await asyncio.sleep(0.1)
            assert acknowledged == []
            service.acknowledge("call-7", recipient=[{"display": "charge_nurse"}])
            await until_one(acknowledged)
            await asyncio.sleep(0.1)

        assert deliver(service, then=then) == [("call-7", "charge_nurse")]


def test_a_persons_name_in_the_acknowledgement_is_not_passed_on() -> None:
    with NurseService() as service:
        service.acknowledge("call-7", recipient=[{"display": "A. Person"}])
        assert deliver(service, then=until_one) == [("call-7", "nurse")]


def test_a_revoked_request_is_never_acknowledged() -> None:
    with NurseService() as service:
        service.status["call-7"] = {"status": "revoked"}

        async def then(acknowledged: list[tuple[str, str]]) -> None:
            await asyncio.sleep(0.1)
            service.acknowledge("call-7")
            await asyncio.sleep(0.1)

        assert deliver(service, then=then) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://nurse.example/calls", "nurse_call_insecure"),
        ("http://127.0.0.1.example/calls", "nurse_call_insecure"),
        ("http://localhost.example/calls", "nurse_call_insecure"),
        ("http://localhost@nurse.example/calls", "nurse_call_insecure"),
        ("ftp://nurse.example/calls", "nurse_call_insecure"),
        ("nurse.example/calls", "nurse_call_insecure"),
        ("https://nurse.example:port/", "nurse_call_url_wrong"),
    ],
)
def test_words_never_travel_in_the_clear(url: str, code: str) -> None:
    with pytest.raises(HardwareError) as caught:
        WebhookNurseCall(url)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "url", ["https://nurse.example/x", "http://localhost:1/x", "http://[::1]:1/", "http://127.0.0.9/"]
)
def test_secure_or_local_addresses_are_taken(url: str) -> None:
    WebhookNurseCall(url)


def test_the_log_holds_no_words_and_says_that_nobody_was_called(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"

    async def main() -> None:
        line = LogNurseCall(path)
        for request in (REQUEST, REQUEST, NurseRequest("call-8", "3", "routine", "water", "再来点水")):
            with pytest.raises(HardwareError, match="nobody was called") as caught:
                await line.deliver(request)
            assert caught.value.code == "nurse_call_undelivered"

    asyncio.run(main())
    first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert (first["id"], first["bed"], first["urgency"], first["reason"]) == (
        "call-7",
        "12 B",
        "emergency",
        "chest_pain",
    )
    assert "nobody was called" in first["note"]
    assert second["id"] == "call-8"
    assert WORDS not in path.read_text(encoding="utf-8")
    assert "水" not in path.read_text(encoding="utf-8")


def test_the_log_goes_to_standard_error_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HardwareError, match="nobody was called"):
        asyncio.run(LogNurseCall().deliver(REQUEST))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["id"] == "call-7"
    assert WORDS not in captured.err
