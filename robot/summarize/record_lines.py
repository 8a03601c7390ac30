"""A record as lines: the state of today first, one line for each problem, medicine and allergy, the past in few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from robot.records.fhir import ENDED, code, items, words
from robot.summarize.lines import Line, joined
from robot.summarize.record import Entry, Record, cut, day, number, person_name, quantity, texts

_MEDICINES = ("MedicationRequest", "MedicationStatement", "MedicationAdministration")
_MOST = {"Problem": 20, "Medicine": 25, "Allergy": 40, "Result": 16, "Vital sign": 12, "Order": 15}
_MANY, _FEW = 10, 5
_ROW = 40
_OPEN = ("in-progress", "arrived", "triaged", "onleave")
_ODD = ("unconfirmed", "provisional", "differential", "preliminary", "on-hold", "recurrence", "relapse", "unknown")
_MEDICINE_FIELDS = ("medicationCodeableConcept", "medication")


def record_lines(record: Record) -> list[Line]:
    """All lines, in the order in which a clinician reads them. A bundle in which nothing is known gives none."""
    medicines = _medicine_names(record)
    return [
        *_person(record),
        *_each("Allergy", _current(record.of("AllergyIntolerance")), _allergy),
        *_each("Problem", _current(record.of("Condition")), _problem),
        *_each("Medicine", active_medicines(record), lambda entry: _medicine(entry, medicines)),
        *_each("Order", _orders(record), _order),
        *_each("Care", [each for each in record.of("Encounter") if each.states & set(_OPEN)], _encounter),
        *_observations(record),
        *_reports(record),
        *_each("Goal", _current(record.of("Goal")), _dated),
        *_each("Care plan", _current(record.of("CarePlan")), _plan),
        *_each("Device", _current(record.of("Device", "DeviceUseStatement")), _dated),
        *_listed("Past problems", [each for each in record.of("Condition") if _over(each)], _past_problem, _MANY),
        *_listed(
            "Past medicines", _past_medicines(record), lambda each: _dated(each, medicine_name(each, medicines)), _MANY
        ),
        *_listed("Past allergies", [each for each in record.of("AllergyIntolerance") if _over(each)], _dated, _MANY),
        *_listed("Procedures", _done(record.of("Procedure")), _dated, _MANY),
        *_listed("Immunizations", _done(record.of("Immunization")), _dated, _MANY),
        *_listed(
            "Encounters", [each for each in record.of("Encounter") if "finished" in each.states], _encounter, _FEW
        ),
        *_listed("Family history", record.of("FamilyMemberHistory"), _relative, _MANY),
    ]


def _person(record: Record) -> list[Line]:
    if record.patient is None:
        return []
    patient = record.patient.resource
    gender = patient.get("gender")
    facts = [person_name(patient), gender if isinstance(gender, str) else ""]
    facts += [f"born {born}" if (born := day(patient.get("birthDate"))) else ""]
    died = day(patient.get("deceasedDateTime"))
    facts += [f"died {died}" if died else "deceased" if patient.get("deceasedBoolean") is True else ""]
    facts += [
        f"speaks {cut(words(each.get('language')))}"
        for each in items(patient.get("communication"))
        if isinstance(each, dict) and words(each.get("language"))
    ]
    said = ", ".join(fact for fact in facts if fact)
    return [Line("Patient", said, (record.patient.ref,))] if said else []


# ---- what counts ----


def _over(entry: Entry) -> bool:
    ended = any(entry.resource.get(field) for field in ("abatementDateTime", "abatementPeriod", "abatementString"))
    return bool(entry.states & ENDED) or (ended and "active" not in entry.states)


def _current(found: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in found if not _over(entry)]


def _done(found: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in found if not entry.states & {"not-done", "stopped", "preparation"}]


def active_medicines(record: Record) -> list[Entry]:
    """The medicines that the patient has now, newest first."""
    return _current(record.of(*_MEDICINES))


def current(record: Record, kind: str) -> list[Entry]:
    """The entries of `kind` that hold today."""
    return _current(record.of(kind))


def _past_medicines(record: Record) -> list[Entry]:
    now = {medicine_name(entry, {}).lower() for entry in active_medicines(record)}
    return [entry for entry in record.of(*_MEDICINES) if _over(entry) and medicine_name(entry, {}).lower() not in now]


def _orders(record: Record) -> list[Entry]:
    kinds = ("NutritionOrder", "ServiceRequest", "Flag", "CommunicationRequest")
    return [entry for entry in _current(record.of(*kinds)) if _order(entry)]


# ---- one entry in words ----


def _dated(entry: Entry, name: str = "") -> str:
    what = name or entry.name
    return f"{what} ({entry.when})" if what and entry.when else what


def _marks(entry: Entry) -> str:
    return "".join(f", {state}" for state in sorted(entry.states & set(_ODD)))


def _allergy(entry: Entry) -> str:
    resource = entry.resource
    name = entry.name
    reactions = [each for each in items(resource.get("reaction")) if isinstance(each, dict)]
    if not name:
        name = next((text for each in reactions for text in texts(each.get("substance"))), "")
    shown = [text for each in reactions for text in texts(each.get("manifestation"))]
    shown += [f"severity {each['severity']}" for each in reactions if isinstance(each.get("severity"), str)]
    criticality = resource.get("criticality")
    shown += [f"criticality {criticality}"] if isinstance(criticality, str) else []
    return f"{name}{_marks(entry)}{' – ' if shown else ''}{', '.join(dict.fromkeys(shown))}" if name else ""


def _problem(entry: Entry) -> str:
    name = entry.name
    since = f" (since {entry.when})" if entry.when else ""
    severity = cut(words(entry.resource.get("severity")))
    return f"{name}{since}{f', {severity}' if severity else ''}{_marks(entry)}" if name else ""


def _past_problem(entry: Entry) -> str:
    ended = entry.resource.get("abatementDateTime") or entry.resource.get("abatementString")
    span = " – ".join(part for part in (entry.when, day(ended)) if part)
    return f"{entry.name} ({span})" if entry.name and span else entry.name


def _medicine_names(record: Record) -> dict[str, str]:
    return {entry.ref.rpartition("/")[2]: entry.name for entry in record.of("Medication")}


def medicine_name(entry: Entry, known: dict[str, str]) -> str:
    """What the medicine of an order is called; `known` are the Medication resources by their id."""
    resource = entry.resource
    for field in _MEDICINE_FIELDS:
        if text := cut(words(resource.get(field))):
            return text
    reference = resource.get("medicationReference")
    if not isinstance(reference, dict):
        return ""
    target = str(reference.get("reference", "")).replace("#", "/").replace(":", "/").rpartition("/")[2]
    inside = [each for each in items(resource.get("contained")) if isinstance(each, dict) and each.get("id") == target]
    return (
        next((text for each in inside for text in texts(each.get("code"))), "")
        or known.get(target)
        or cut(words(reference))
    )


def dosage(entry: Entry) -> str:
    """How a medicine is taken, in the words and figures of the record."""
    said: list[str] = []
    for each in items(entry.resource.get("dosageInstruction")) or items(entry.resource.get("dosage")):
        if not isinstance(each, dict):
            continue
        text = each.get("text") or each.get("patientInstruction")
        said.append(cut(text) if isinstance(text, str) and text.strip() else _dose(each))
    return "; ".join(text for text in dict.fromkeys(said) if text)


def _dose(instruction: dict[str, object]) -> str:
    parts: list[str] = []
    for rate in items(instruction.get("doseAndRate")) or [instruction]:
        if isinstance(rate, dict):
            amount = quantity(rate.get("doseQuantity") or rate.get("doseRange") or rate.get("dose"))
            parts.append(f"dose {amount}" if amount else "")
    timing = instruction.get("timing")
    if isinstance(timing, dict):
        parts.append(cut(words(timing.get("code"))))
        repeat = timing.get("repeat")
        if isinstance(repeat, dict) and quantity(repeat.get("frequency")) and quantity(repeat.get("period")):
            unit = repeat.get("periodUnit")
            every = f"{quantity(repeat['period'])} {_UNITS.get(unit, unit) if isinstance(unit, str) else ''}".strip()
            parts.append(f"{quantity(repeat['frequency'])} × per {every}")
    parts += [*texts(instruction.get("route"))]
    need = instruction.get("asNeededBoolean") is True or instruction.get("asNeededCodeableConcept")
    parts.append("as needed" if need else "")
    return ", ".join(part for part in parts if part)


_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}


def _medicine(entry: Entry, known: dict[str, str]) -> str:
    name = medicine_name(entry, known)
    if not name:
        return ""
    how = dosage(entry)
    since = f" (since {entry.when})" if entry.when else ""
    return f"{name}{f' – {how}' if how else ''}{since}{_marks(entry)}"


def _order(entry: Entry) -> str:
    said = [entry.name] if entry.kind != "NutritionOrder" else []
    diet = entry.resource.get("oralDiet")
    if isinstance(diet, dict):
        said += [*texts(diet.get("type")), *texts(diet.get("instruction")), *texts(diet.get("fluidConsistencyType"))]
        said += [
            text
            for part in items(diet.get("texture"))
            if isinstance(part, dict)
            for text in texts(part.get("modifier"))
        ]
    formula = entry.resource.get("enteralFormula")
    if isinstance(formula, dict):
        said += [f"enteral feeding {cut(words(formula.get('baseFormulaType')))}".strip()]
    for field in ("orderDetail", "payload"):
        said += [*texts(entry.resource.get(field))]
    what = ", ".join(text for text in dict.fromkeys(said) if text)
    priority = entry.resource.get("priority")
    urgent = f", {priority}" if priority in ("urgent", "asap", "stat") else ""
    return f"{what}{f' ({entry.when})' if entry.when else ''}{urgent}{_marks(entry)}" if what else ""


def _encounter(entry: Entry) -> str:
    what = entry.name or cut(words(entry.resource.get("class")))
    if not what:
        return ""
    reason = next(texts(entry.resource.get("reasonCode")), "")
    state = ", ".join(sorted(entry.states & set(_OPEN)))
    return f"{what}{_if(' for ', reason)}{_if(' (', entry.when, ')')}{_if(', ', state)}"


def _plan(entry: Entry) -> str:
    name = next(texts(entry.resource.get("category")), "") or entry.name
    doing: list[str] = []
    for activity in items(entry.resource.get("activity")):
        detail = activity.get("detail") if isinstance(activity, dict) else None
        if isinstance(detail, dict) and detail.get("status") not in ("completed", "cancelled", "stopped"):
            doing += texts(detail.get("code") or detail.get("description"))
    return f"{name}{_if(': ', ', '.join(doing))}{_if(' (since ', entry.when, ')')}" if name else ""


def _if(before: str, text: str, after: str = "") -> str:
    return f"{before}{text}{after}" if text else ""


def _relative(entry: Entry) -> str:
    who = cut(words(entry.resource.get("relationship")))
    ill = [
        text
        for each in items(entry.resource.get("condition"))
        if isinstance(each, dict)
        for text in texts(each.get("code"))
    ]
    return f"{who or 'relative'}: {', '.join(ill)}" if ill else ""


# ---- observations ----


def value_of(observation: dict[str, object]) -> str:
    """What was observed, in the figures and units of the record."""
    for field in ("valueQuantity", "valueRange", "valueRatio", "valueInteger"):
        if text := quantity(observation.get(field)):
            return text
    for field in ("valueCodeableConcept", "valueString"):
        if text := cut(words(observation.get(field))):
            return text
    if isinstance(observation.get("valueBoolean"), bool):
        return "yes" if observation["valueBoolean"] else "no"
    if text := day(observation.get("valueDateTime")):
        return text
    parts = [each for each in items(observation.get("component")) if isinstance(each, dict)]
    parts.sort(key=lambda each: "systolic" not in words(each.get("code")).lower())
    said = [(cut(words(each.get("code"))), value_of({**each, "component": None})) for each in parts]
    return ", ".join(f"{name} {value}".strip() for name, value in said if value)


def _judged(observation: dict[str, object]) -> str:
    """How the record judges a value: its interpretation, and where it lies beside its reference range."""
    said = [text for text in texts(observation.get("interpretation")) if text.lower() not in ("n", "normal")]
    limits = next((each for each in items(observation.get("referenceRange")) if isinstance(each, dict)), None)
    if limits is not None:
        shown = cut(words(limits.get("text"))) or quantity(limits)
        value, low, high = (
            number(observation.get("valueQuantity")),
            number(limits.get("low")),
            number(limits.get("high")),
        )
        where = "above" if None not in (value, high) and value > high else ""  # type: ignore[operator]
        where = "below" if None not in (value, low) and value < low else where  # type: ignore[operator]
        said += [f"{where} reference {shown}".strip()] if shown else []
    return f" [{', '.join(said)}]" if said else ""


def _observations(record: Record) -> list[Line]:
    """The latest value of each thing that was measured, with the one before it."""
    series: dict[str, list[Entry]] = defaultdict(list)
    for entry in record.of("Observation"):
        if not entry.states & {"cancelled", "registered"} and entry.name and value_of(entry.resource):
            series[code(entry.resource.get("code")).lower() or entry.name.lower()].append(entry)
    lines: dict[str, list[tuple[Entry, ...]]] = defaultdict(list)
    for found in series.values():
        lines[_group(found[0])].append(tuple(found[:2]))
    return [
        line
        for label in ("Vital sign", "Result", "Observation")
        for line in _measured(label, sorted(lines[label], key=_urgency))
    ]


def _group(entry: Entry) -> str:
    groups = {code(each).lower() for each in items(entry.resource.get("category"))}
    if "vital-signs" in groups:
        return "Vital sign"
    return "Result" if groups & {"laboratory", "imaging", "procedure"} or not groups else "Observation"


def _urgency(found: tuple[Entry, ...]) -> tuple[bool, str]:
    """What the record marks as abnormal first, then the newest."""
    marked = "above" in _judged(found[0].resource) or "below" in _judged(found[0].resource)
    marked = marked or bool(items(found[0].resource.get("interpretation")))
    return (not marked, "".join(chr(0x10FFFF - ord(each)) for each in found[0].when[:10]))


def _measured(label: str, found: Sequence[tuple[Entry, ...]]) -> list[Line]:
    most = _MOST.get(label, _FEW)
    lines = []
    for latest, *before in found[:most]:
        text = f"{latest.name}: {value_of(latest.resource)}{_judged(latest.resource)}"
        text += f" ({latest.when})" if latest.when else ""
        if before:
            text += f"; before {value_of(before[0].resource)}{f' ({before[0].when})' if before[0].when else ''}"
        lines.append(Line(label, text + _marks(latest), joined([latest.ref, *(each.ref for each in before)])))
    left = [each[0] for each in found[most:]]
    if left:  # in short: nothing that was measured goes missing
        said = [
            f"{each.name} {value_of(each.resource)}{_judged(each.resource)}{_if(' (', each.when, ')')}" for each in left
        ]
        lines.append(Line(label, "; ".join(said[:_ROW]), joined([each.ref for each in left[:_ROW]])))
    return lines + _further(label, left[_ROW:])


def _reports(record: Record) -> list[Line]:
    lines = []
    for entry in record.of("DiagnosticReport", "ClinicalImpression")[:_MANY]:
        said = entry.resource.get("conclusion") or entry.resource.get("summary")
        if isinstance(said, str) and said.strip():
            lines.append(Line("Report", f"{_dated(entry)}: {cut(said)}", (entry.ref,)))
    return lines


# ---- lines ----


def _each(label: str, found: Sequence[Entry], say: Callable[[Entry], str]) -> list[Line]:
    """A line for each entry; those that say the same share one. What says nothing is left out."""
    lines: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        if text := say(entry):
            lines[text].append(entry)
    most = _MOST.get(label, _MANY)
    shown = [Line(label, text, joined([each.ref for each in same])) for text, same in [*lines.items()][:most]]
    return shown + _further(label, [each for same in [*lines.values()][most:] for each in same])


def _listed(label: str, found: Sequence[Entry], say: Callable[[Entry], str], most: int) -> list[Line]:
    """One line for many entries; of those with one name the newest stands for all."""
    newest: dict[str, tuple[str, list[Entry]]] = {}
    for entry in found:
        if text := say(entry):
            newest.setdefault(text.split(" (")[0].lower(), (text, []))[1].append(entry)
    if not newest:
        return []
    shown = [*newest.values()][:most]
    line = Line(
        label, "; ".join(text for text, _ in shown), joined([each.ref for _, same in shown for each in same[:3]])
    )
    return [line, *_further(label, [same[0] for _, same in [*newest.values()][most:]])]


def _further(label: str, left: Sequence[Entry]) -> list[Line]:
    """What was left out for length, by its sources."""
    if not left:
        return []
    return [Line(label, "further entries of the record are not shown here", joined([entry.ref for entry in left]))]
