"""What patients ask and tell all day: questions of the passages, complaints, and stories made from frames."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dialogs.labels import Labels
from dialogs.model import PassageText
from dialogs.redflags import RedFlags
from dialogs.requests import Requests
from dialogs.triage import Triage
from robot.events import Language

_STORIES = 900
_SEED = 5


def everyday_talk(
    language: Language,
    *,
    passages: Sequence[PassageText],
    requests: Requests,
    triage: Triage,
    labels: Labels,
    redflags: RedFlags,
) -> list[str]:
    """Harmless texts in `language`, the same for the same content."""
    rng = random.Random(_SEED)
    texts = [question for passage in passages for question in getattr(passage.questions, language)]
    texts += [text for flag in redflags.flags.values() for text in getattr(flag, language).examples]
    texts += [text for flag in redflags.flags.values() for text in getattr(flag, language).near_misses]
    texts += [example.text for example in triage.examples if example.text.isascii() == (language == "en")]
    said = [phrase for symptom in triage.symptoms.values() for phrase in getattr(symptom, language).say]
    named = [getattr(condition, language).name for condition in triage.conditions.values()]
    medicines = [getattr(label, language).name for label in labels.labels.values()]
    frames = requests.stories.zh if language == "zh" else requests.stories.en
    for number in range(_STORIES):
        frame = frames[number % len(frames)]
        filled = frame.replace("{a}", rng.choice(said)).replace("{b}", rng.choice(said))
        texts.append(filled.replace("{c}", rng.choice(named)).replace("{m}", rng.choice(medicines)))
    return list(dict.fromkeys(texts))
