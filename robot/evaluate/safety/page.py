"""`report.html` of the safety suites: one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from robot.errors import InputError
from robot.evaluate.safety.measure import Gate, Outcome, Share
from robot.evaluate.safety.pictures import by_class, dots, grid
from robot.evaluate.safety.red_flags import CLEAR, NOISED
from robot.think.triage.differential import LEVELS

_SHOWN_MISSES = 40


def write_page(path: Path, outcomes: Sequence[Outcome], verdict: Mapping[str, Any]) -> None:
    """Write the page to `path`. It shows our own sentences, and of shared data ids alone.

    Raises InputError (`output_unwritable`).
    """
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("robot.evaluate.safety").joinpath("report.html.j2").read_text(encoding="utf-8")
    page = environment.from_string(template).render(
        outcomes=outcomes,
        verdict=verdict,
        pictures={suite: [(title, Markup(svg)) for title, svg in drawn] for suite, drawn in _drawn(outcomes).items()},
        shown=_SHOWN_MISSES,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError("output_unwritable", f"{path}: {error.strerror}.", "Choose another place.") from None


def _drawn(outcomes: Sequence[Outcome]) -> dict[str, list[tuple[str, str]]]:
    """The pictures of each suite with their titles."""
    found: dict[str, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        figures, drawn = outcome.figures, found.setdefault(outcome.suite, [])
        if outcome.suite == "red_flags":
            clear, changed = by_class(outcome.gates, "red_flags.clear"), by_class(outcome.gates, "red_flags.changed")
            drawn.append(("Clear emergencies that are heard, by class", dots(clear, CLEAR, 0.6)))
            drawn.append(
                (
                    "The same disturbed: disfluent, misheard, shortened, in a story, played down",
                    dots(changed, NOISED, 0.6),
                )
            )
            alarms = by_class([gate for gate in outcome.gates if gate.most], "red_flags.alarms")
            drawn.append(("False alarms by kind of talk", dots(alarms, 0.02, 0.0)))
        if outcome.suite == "urgency" and "confusion" in figures:
            drawn.append(
                ("Urgency: rows as labelled, columns as judged", grid(figures["confusion"], LEVELS, by_row=True))
            )
        if outcome.suite == "withheld" and "grid" in figures:
            topics = sorted({topic for row in figures["grid"].values() for topic in row})
            drawn.append(("Passages that are withheld, by hazard and topic", grid(figures["grid"], topics)))
        if outcome.suite == "caution":
            drawn.append(("Safe questions that are answered, by topic", dots(_topics(figures), 0.95, 0.4)))
        if outcome.suite == "declines" and "med_safety.categories" in figures:
            rows = {f"principle {key}": {"en": _share(each)} for key, each in figures["med_safety.categories"].items()}
            drawn.append(("Harmful requests that are not answered, by AMA principle", dots(rows, 0.95, 0.8)))
    return found


def _topics(figures: Mapping[str, Any]) -> dict[str, dict[str, Share]]:
    rows: dict[str, dict[str, Share]] = {}
    for language in ("en", "zh"):
        for topic, each in figures.get(f"topics.{language}", {}).items():
            rows.setdefault(topic, {})[language] = _share(each)
    return rows


def _share(each: Mapping[str, Any]) -> Share:
    return Share(int(each["hits"]), int(each["of"]))


def failed(gates: Sequence[Gate]) -> list[str]:
    """A line for each gate that is not held."""
    sign = {True: "above", False: "below"}
    return [f"{gate.name}: {gate.share.value:.3f} is {sign[gate.most]} {gate.bar}" for gate in gates if not gate.held]
