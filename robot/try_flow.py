"""`bedside dialogs try FLOW`: talk through one flow by typing, and see what each turn decided. Nothing is spoken."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from dialogs.loader import Dialogs
from hardware.clock import SystemClock
from robot.app import build_thinking
from robot.config import Config
from robot.content import Content, load_configured
from robot.errors import InputError
from robot.events import (
    Answer,
    Blocked,
    CallNurse,
    Decision,
    DraftNote,
    End,
    Fault,
    Opened,
    Remind,
    Say,
    Sensitive,
    Sentence,
    Spoken,
    TimedOut,
    Transcript,
)
from robot.stages import Decider
from robot.think.compose import Composer
from robot.think.phrasebook import Phrasebook


def try_flow(config: Config, flow: str, lines: Iterable[str], console: Console) -> int:
    """Begin in the first state of `flow`; each line is what the patient says, an empty one is silence.

    Ends with the lines, or when the robot says goodbye. Raises InputError (`flow_unknown`).
    """
    content = load_configured(config)
    dialogs = content.dialogs
    if flow not in dialogs.flows:
        raise InputError("flow_unknown", f"There is no flow '{flow}'.", f"There are: {', '.join(dialogs.flows)}.")
    return SystemClock().run(_try(config, content, flow, lines, console))


async def _try(config: Config, content: Content, flow: str, lines: Iterable[str], console: Console) -> int:
    dialogs, clock, phrases = content.dialogs, SystemClock(), Phrasebook(content.dialogs.phrases)
    start = f"{flow}.{next(iter(dialogs.flows[flow].states))}"
    decider, composer, close = build_thinking(config, content, patient=None, clock=clock, start=start)
    try:
        console.print(f"[b]{flow}[/]: {escape(dialogs.flows[flow].about)} [dim]An empty line is silence.[/]")
        for key in _leading_in(dialogs, start):
            console.print(f"robot    {escape(phrases.sentence(key, config.language).text)}")
        await _show(decider.decide(Opened()), decider, composer, console)
        for line in lines:
            said = line.strip()
            console.print(f"patient  [b]{escape(said) or '…'}[/]")
            event = Transcript(Sensitive(said), config.language) if said else TimedOut()
            if await _show(decider.decide(event), decider, composer, console):
                break
    finally:
        await close()
    return 0


async def _show(decision: Decision | None, decider: Decider, composer: Composer, console: Console) -> bool:
    """Print what was decided and would be said; whether it was the end."""
    if decision is None:
        return False
    composer.watch(decision)
    facts = [decision.intent, f"→ {decision.state}", decision.action]
    spoken: list[Spoken] = []
    for effect in decision.effects:
        match effect:
            case Say() | Answer():
                async for item in composer.sentences(effect):
                    match item:
                        case Sentence():
                            console.print(f"robot    [cyan]{escape(item.text)}[/] [dim]{item.rung}[/]")
                            spoken.append(Spoken(item, item.text, False))
                        case Blocked():
                            facts.append(f"[red]blocked {', '.join(item.rules)}[/]")
                        case Fault():
                            facts.append(f"[red]{item.code}[/]")
            case CallNurse():
                facts.append(f"[red]nurse: {effect.reason} ({effect.urgency})[/]")
            case DraftNote():
                facts.append(f"draft: {effect.kind}")
            case Remind():
                facts.append(f"reminder in {effect.after_s:.0f} s")
    decider.heard(spoken)
    console.print(f"         [dim]{' · '.join(facts)}[/]")
    return any(isinstance(effect, End) for effect in decision.effects)


def _leading_in(dialogs: Dialogs, start: str) -> list[str]:
    """What is said on the way into a flow, where its first state says nothing itself."""
    flow, _, state = start.partition(".")
    if dialogs.flows[flow].states[state].say or start == dialogs.everywhere.menu:
        return []
    return next((list(move.say) for move in dialogs.everywhere.moves if move.to == start), [])
