"""What each command does: options in, exit status out. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from robot.config import Config


def _without_text(given: str | None) -> None:
    """With --jsonl the texts come on standard input. Raises InputError (`arguments_invalid`)."""
    from robot.errors import InputError

    if given is not None:
        raise InputError("arguments_invalid", "A text and --jsonl do not go together.", "Give one of the two.")


def _config(options: argparse.Namespace) -> Config:
    from robot.config import load_config

    config = load_config(options.config, os.environ)
    language = getattr(options, "lang", None)
    return config.model_copy(update={"language": language}) if language else config


def _print_json(item: object) -> None:
    unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    print(json.dumps(item, ensure_ascii=not unicode), flush=True)  # noqa: T201


def _print_lines(answered: Iterable[tuple[object, bool]]) -> int:
    """Print the objects as they come; the exit status: 1 when one of them is no answer."""
    worked = True
    for item, is_answer in answered:
        _print_json(item)
        worked = worked and is_answer
    return 0 if worked else 1


def simulate(options: argparse.Namespace) -> int:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    config = _config(options)
    if options.replay:
        from robot.simulate.replay import print_replay

        return print_replay(options.replay, config, console)
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not options.fast
    if options.scenario is None and interactive:
        from robot.simulate.live import run_live

        return run_live(config, ears=options.ears, seed=options.seed, out=options.out, reveal=options.reveal)
    from robot.simulate.run import FIRST_VISIT, Visit, play_visit, print_verdict

    path = options.scenario or FIRST_VISIT
    visit = Visit(path, options.fast, options.seed, options.ears, options.out, reveal=options.reveal)
    return print_verdict(console, play_visit(config, visit, console))


def talk(options: argparse.Namespace) -> int:
    from robot.talk import talk

    return talk(_config(options), out=options.out, reveal=options.reveal)


def ask(options: argparse.Namespace) -> int:
    from robot.ask import Asked, Asker, answer_lines

    if options.jsonl:
        _without_text(options.text)
    config = _config(options)
    if options.patient:
        config = config.model_copy(update={"patient": options.patient})
    asker = Asker(config)
    if options.jsonl:
        return _print_lines(answer_lines(sys.stdin, asker))
    text = options.text if options.text is not None else sys.stdin.read()
    answer = asker.answer(Asked(text, options.lang))
    sources = "; ".join(f"{source['org']} {source['year']}" for source in answer["sources"])
    print(answer["spoken"])  # noqa: T201
    print(f"[{answer['action']} · {answer['rung']} · {answer['state']}{' · ' + sources if sources else ''}]")  # noqa: T201
    return 0


def transcribe(options: argparse.Namespace) -> int:
    from robot.errors import FAILURES
    from robot.files import make_recognizer, transcribe

    config = _config(options)
    recognizer = make_recognizer(config, options.engine)
    worked = True
    for path in options.files:
        try:
            result = transcribe(path, recognizer, config.language)
        except FAILURES as error:
            worked = False
            print(f"bedside: {error}", file=sys.stderr)  # noqa: T201
            continue
        if options.jsonl:
            _print_json(result)
        else:
            print(f"{path}: {result['text']}" if len(options.files) > 1 else result["text"])  # noqa: T201
    return 0 if worked else 1


def speak(options: argparse.Namespace) -> int:
    from robot.files import speak
    from robot.think.understand import language_of

    config = _config(options)
    language = options.lang or language_of(options.text, config.language)
    seconds = speak(options.text, options.out, config, language)
    print(f"{options.out}: {seconds:.2f} s")  # noqa: T201
    return 0


def summarize(options: argparse.Namespace) -> int:
    from robot.summarize.run import print_summary, read_file, summary_lines

    if options.jsonl:
        _without_text(options.file)
        return _print_lines(summary_lines(sys.stdin))
    print_summary(read_file(options.file or "-"), print)
    return 0


def retrieve(options: argparse.Namespace) -> int:
    from robot.search import print_hits, search_lines

    if options.jsonl:
        _without_text(options.query)
    config = _config(options)
    if options.jsonl:
        return search_lines(config, sys.stdin, _print_json, options.index)
    query = options.query if options.query is not None else sys.stdin.read()
    return print_hits(config, query, options.k, options.index)


def knowledge(options: argparse.Namespace) -> int:
    from rich.console import Console

    from robot.knowledge import import_knowledge

    return import_knowledge(options.source, _config(options), options.into, Console(stderr=True, highlight=False))


def dialogs(options: argparse.Namespace) -> int:
    from dialogs.diagram import diagram
    from robot.content import load_content

    if options.what == "try":
        return _try_flow(options)
    if options.what == "learn":
        from robot.learned import learn

        files, size = learn(_config(options))
        print(f"{files} files, {size / 1e6:.1f} MB")  # noqa: T201
        return 0
    dialogs = load_content(_config(options).dialogs).dialogs
    if options.what == "diagram":
        print(diagram(dialogs), end="")  # noqa: T201
        return 0
    count = sum(len(flow.states) for flow in dialogs.flows.values())
    print(  # noqa: T201
        f"{len(dialogs.flows)} flows with {count} states, {len(dialogs.phrases.phrases)} phrases, "
        f"{len(dialogs.intents.intents)} intents, {len(dialogs.passages)} passages: all fit together"
    )
    return 0


def _try_flow(options: argparse.Namespace) -> int:
    from rich.console import Console

    from robot.errors import InputError
    from robot.try_flow import try_flow

    config = _config(options)
    if options.lang is not None:
        config = config.model_copy(update={"language": options.lang})
    if options.flow is None:
        raise InputError("flow_missing", "No flow is named.", "Try: bedside dialogs try diet")
    lines = iter(_typed, None) if sys.stdin.isatty() else iter(sys.stdin)
    return try_flow(config, options.flow, lines, Console(highlight=False))


def _typed() -> str | None:
    """A line from the terminal; None at its end."""
    try:
        return input("> ")
    except EOFError:
        return None


def drafts(options: argparse.Namespace) -> int:
    from robot.app import drafts_folder
    from robot.drafts import export_drafts, list_drafts, review_draft, show_draft
    from robot.errors import InputError
    from robot.records.draft import State

    folder = options.folder or drafts_folder(_config(options))
    if options.what == "list":
        list_drafts(folder, options.state, as_json=options.json)
        return 0
    if options.what == "export":
        if options.out is None:
            raise InputError("file_missing", "No file is named.", "Give --out FILE.json.")
        print(f"{options.out}: {export_drafts(folder, options.out, options.id)} drafts")  # noqa: T201
        return 0
    if options.id is None:
        raise InputError("draft_missing", "No draft is named.", "Give its number; see `bedside drafts list`.")
    if options.what == "show":
        show_draft(folder, options.id)
        return 0
    if options.by is None:
        raise InputError("reviewer_missing", "Nobody is named who reviews the draft.", "Give --by NAME.")
    states: dict[str, State] = {"change": "changed", "approve": "approved", "refuse": "refused"}
    review_draft(
        folder,
        options.id,
        states[options.what],
        by=options.by,
        text=options.text,
        say=options.say,
        reason=options.reason,
        dialogs=_config(options).dialogs,
    )
    return 0


def record(options: argparse.Namespace) -> int:
    from robot.simulate.record import record

    for path, seconds in record(options.scenario, options.voice):
        print(f"{path}: {seconds:.2f} s")  # noqa: T201
    return 0


def train(options: argparse.Namespace) -> int:
    from robot.learn.command import train

    return train(options.config, options.out)


def evaluate(options: argparse.Namespace) -> int:
    if options.suite == "mutation":
        from robot.evaluate.mutate import evaluate_mutation

        return evaluate_mutation(options.model, _config(options).dialogs, _print_json)
    if options.suite == "safety":
        from robot.evaluate.safety.command import evaluate_safety

        return evaluate_safety(_config(options), options.data, options.out, _print_json, accept=options.accept)
    from robot.evaluate.gpt import evaluate_gpt

    return evaluate_gpt(options.model, _config(options).dialogs, options.data, options.out, _print_json)


def bench(options: argparse.Namespace) -> int:
    from robot.evaluate.bench import run_bench

    return run_bench(options.name, _config(options), _print_json, model=options.model)


def doctor(options: argparse.Namespace) -> int:
    from robot.doctor import main as doctor

    return doctor(_config(options), as_json=options.json)
