"""Keeps a call alive until a person has answered it: delivery, retries, escalation after 30 and 60 seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import count

from hardware.ports import Clock, HardwareError, NurseCall, NurseRequest, Timer
from robot.events import CallAcknowledged, CallDelivered, CallFailed, CallNurse, CallUnanswered, DialogEvent

_LOG = logging.getLogger(__name__)

UNANSWERED_S = 30.0
"""Time for an acknowledgement before the next person is called: a proposal, see docs/decisions/0001."""

_ATTEMPTS = 3
"""For a wish. What is urgent is tried until it is delivered or the conversation is left."""
_RETRY_S = 2.0


class NurseLine:
    """One conversation's side of the nurse-call line. What becomes of a call is told as events."""

    def __init__(self, port: NurseCall, clock: Clock, bed: str, tell: Callable[[DialogEvent], None]) -> None:
        self._port = port
        self._clock = clock
        self._bed = bed
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[str, Timer] = {}
        self._urgent: set[str] = set()
        """Calls that are tried until they are delivered, or until staff are there."""
        self._acknowledged_ids: set[str] = set()
        self._closing = False

    async def open(self) -> None:
        await self._port.open(self._acknowledged)

    async def close(self) -> None:
        """Undelivered calls get a last chance: whoever closes waits for the attempts that run."""
        self._closing = True
        self._stop_waiting(list(self._waiting))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._port.close()

    def stand_down(self) -> None:
        """Staff are with the patient: nobody further is called for what was urgent until now."""
        self._stop_waiting([identity for identity, _ in self._waiting.items() if identity in self._urgent])
        self._urgent.clear()

    def call(self, call: CallNurse) -> None:
        """Begin to deliver `call`; returns at once."""
        if call.urgency != "routine":
            self._urgent.add(call.request_id)
        task = asyncio.get_running_loop().create_task(self._deliver(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, call: CallNurse) -> None:
        request = NurseRequest(call.request_id, self._bed, call.urgency, call.reason, call.words, call.escalation)
        for attempt in count(1):
            failure = await self._attempt(request)
            if failure is None:
                self._delivered(call)
                return
            if attempt == 1:
                # The patient is told at once to press the button; the line is tried on.
                self._tell(CallFailed(call.request_id, failure))
            if self._closing or not self._tries_on(call, attempt):
                return
            await self._clock.sleep(_RETRY_S)

    async def _attempt(self, request: NurseRequest) -> str | None:
        """None when it was delivered, else the error code."""
        try:
            await self._port.deliver(request)
        except HardwareError as error:
            return error.code
        except Exception as error:  # noqa: BLE001 - a defect in a driver is a dead line to the patient
            _LOG.error("the nurse-call driver failed with %s", type(error).__name__)
            return "nurse_call_defect"
        return None

    def _tries_on(self, call: CallNurse, attempt: int) -> bool:
        return call.request_id in self._urgent if call.urgency != "routine" else attempt < _ATTEMPTS

    def _delivered(self, call: CallNurse) -> None:
        identity = call.request_id
        if not self._closing and not any(_same_chain(identity, known) for known in self._acknowledged_ids):
            self._waiting[identity] = self._clock.call_later(UNANSWERED_S, lambda: self._unanswered(identity))
        self._tell(CallDelivered(identity))

    def _stop_waiting(self, identities: list[str]) -> None:
        for identity in identities:
            self._waiting.pop(identity).cancel()

    def _unanswered(self, request_id: str) -> None:
        self._waiting.pop(request_id, None)
        self._tell(CallUnanswered(request_id))

    def _acknowledged(self, request_id: str, by: str) -> None:
        """An answer holds for the call and for those it was raised to or from, not for another call of the patient."""
        self._acknowledged_ids.add(request_id)
        self._stop_waiting([other for other in self._waiting if _same_chain(other, request_id)])
        self._tell(CallAcknowledged(request_id, by))


def _same_chain(one: str, other: str) -> bool:
    """Whether two request ids belong to one call: the decider names a raised call `<id>-charge-nurse` and so on."""
    return f"{one}-".startswith(f"{other}-") or f"{other}-".startswith(f"{one}-")
