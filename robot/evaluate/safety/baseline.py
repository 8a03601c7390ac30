"""What was measured when the last person looked and agreed: nothing may get worse unnoticed.

`baseline.json` maps the name of a gate to [hits, of]. `bedside evaluate safety --accept` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from robot.errors import InputError
from robot.evaluate.safety.measure import Gate, Share

FILE = Path(__file__).with_name("baseline.json")
SLACK = 0.005
"""A share may be this much worse: one more sentence in the dialogs moves every share a little."""


def load_baseline(path: Path = FILE) -> dict[str, Share]:
    """The shares by the names of their gates; empty without a file. Raises InputError (`baseline_invalid`)."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): Share(int(hits), int(of)) for name, (hits, of) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise InputError("baseline_invalid", f"{path} is no baseline.", "Write it anew with --accept.") from None


def save_baseline(gates: Sequence[Gate], path: Path = FILE) -> None:
    """Write what was measured; a gate that was skipped keeps what it had. Raises InputError (`output_unwritable`)."""
    shares = {**load_baseline(path), **{gate.name: gate.share for gate in gates}}
    lines = [f" {json.dumps(name)}: [{share.hits}, {share.of}]" for name, share in sorted(shares.items())]
    try:
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    except OSError as error:
        raise InputError("output_unwritable", f"{path}: {error.strerror}.", "Run it in a checkout.") from None


def worse(gates: Sequence[Gate], baseline: Mapping[str, Share]) -> list[str]:
    """A line for each gate whose share is worse than it was."""
    found = []
    for gate in gates:
        before = baseline.get(gate.name)
        if before is None or not before.of:
            continue
        lost = (gate.share.value - before.value) * (1 if gate.most else -1)
        if lost > SLACK:
            found.append(f"{gate.name}: {before.value:.3f} → {gate.share.value:.3f}")
    return found
