"""The nurse calls of one visit: which there are, and who is called next when nobody answers."""

from __future__ import annotations

from robot.events import CallNurse, Sensitive, Urgency

_NEXT: dict[str, str] = {"nurse": "charge_nurse", "charge_nurse": "emergency_team"}


class NurseCalls:
    """`session` begins the ids of its calls, so that no two visits share one."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._calls: dict[str, CallNurse] = {}

    def new(self, reason: str, words: Sensitive, urgency: Urgency) -> CallNurse:
        """A call with the patient's own words."""
        level = urgency if urgency in ("emergency", "urgent") else "routine"
        return self._kept(CallNurse(f"{self._session}-{len(self._calls) + 1}", level, reason, words))

    def raised(self, call: CallNurse) -> CallNurse | None:
        """The same call to the next person up; None when the emergency team has it already."""
        level = _NEXT.get(call.escalation)
        if level is None:
            return None
        request_id = f"{call.request_id}-{level.replace('_', '-')}"
        return self._kept(CallNurse(request_id, call.urgency, call.reason, call.words, level))  # type: ignore[arg-type]

    def known(self, request_id: str) -> CallNurse | None:
        """The call with that id, if it is one of this visit."""
        return self._calls.get(request_id)

    def end_emergency(self) -> None:
        """Staff have taken over: what becomes of urgent calls says nothing any more."""
        self._calls = {key: call for key, call in self._calls.items() if call.urgency == "routine"}

    def _kept(self, call: CallNurse) -> CallNurse:
        self._calls[call.request_id] = call
        return call
