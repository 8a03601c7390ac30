"""Keeps a call alive until a person has answered it: delivery, retries, escalation after 30 and 60 seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

from hardware.ports import Clock, HardwareError, NurseCall, NurseRequest, Timer
from robot.events import CallAcknowledged, CallDelivered, CallFailed, CallNurse, CallUnanswered, DialogEvent

UNANSWERED_S = 30.0
"""Time for an acknowledgement before the next person is called; docs/decisions/0001, from care.md (a proposal)."""

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
        self._closing = False

    async def open(self) -> None:
        await self._port.open(self._acknowledged)

    async def close(self) -> None:
        """Undelivered calls get a last chance: whoever closes waits for the attempts that run."""
        self._closing = True
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()
        if self._tasks:
            await asyncio.gather(*self._tasks)
        await self._port.close()

    def call(self, call: CallNurse) -> None:
        """Begin to deliver `call`; returns at once."""
        task = asyncio.get_running_loop().create_task(self._deliver(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, call: CallNurse) -> None:
        request = NurseRequest(call.request_id, self._bed, call.urgency, call.reason, call.words, call.escalation)
        for attempt in count(1):
            try:
                await self._port.deliver(request)
            except HardwareError as error:
                if attempt == 1:
                    # The patient is told at once to press the button; the line is tried on.
                    self._tell(CallFailed(call.request_id, error.code))
                if self._closing or (attempt >= _ATTEMPTS and call.urgency == "routine"):
                    return
                await self._clock.sleep(_RETRY_S)
            except Exception:
                # Whatever broke in a driver: the patient was told that help is being called, and has to hear that not.
                self._tell(CallFailed(call.request_id, "nurse_call_defect"))
                raise
            else:
                self._waiting[call.request_id] = self._clock.call_later(
                    UNANSWERED_S, lambda: self._unanswered(call.request_id)
                )
                self._tell(CallDelivered(call.request_id))
                return

    def _unanswered(self, request_id: str) -> None:
        self._waiting.pop(request_id, None)
        self._tell(CallUnanswered(request_id))

    def _acknowledged(self, request_id: str, by: str) -> None:
        """An answer holds for the call and for those it was raised to or from, not for another call of the patient."""
        for waiting in [other for other in self._waiting if _same_chain(other, request_id)]:
            self._waiting.pop(waiting).cancel()
        self._tell(CallAcknowledged(request_id, by))


def _same_chain(one: str, other: str) -> bool:
    """Whether two request ids belong to one call: the decider names a raised call `<id>-charge-nurse` and so on."""
    return f"{one}-".startswith(f"{other}-") or f"{other}-".startswith(f"{one}-")
