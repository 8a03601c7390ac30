"""The command line: `bedside`, or `python -m robot`. Read on in `app` and `conversation`.

Exit status: 0 done; 1 the work failed (an expectation not met); 2 wrong usage or configuration, with one line on
standard error. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from robot.config import Config

_USAGE_CODES = tuple(
    "_unknown _invalid _missing _unavailable _unreadable _unwritable _empty _changed _too_long _without_audio".split()
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the terminal can show, no character stops the work
            stream.reconfigure(errors="replace" if stream is sys.stdin else "backslashreplace")
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    from robot.errors import FAILURES

    try:
        return run(options)
    except FAILURES as error:
        print(f"bedside: {error}", file=sys.stderr)  # noqa: T201
        return 2 if error.code.endswith(_USAGE_CODES) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bedside",
        description="A voice robot for the hospital ward. Not a medical device; no text is clinically approved.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        added.add_argument("--config", type=Path, action="append", default=[], help="YAML laid over the defaults")
        return added

    simulate = command("simulate", _simulate, "talk with the robot in a simulated room, or play a scripted visit")
    simulate.add_argument("--scenario", type=Path, help="scripted visit to play (default without a terminal)")
    simulate.add_argument("--replay", type=Path, metavar="JOURNAL", help="play a journal again, compare decisions")
    simulate.add_argument("--fast", action="store_true", help="simulated clock: waiting costs no time")
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("--out", type=Path, help="folder for conversation.wav, journal.jsonl, report.html")
    simulate.add_argument("--ears", choices=["voice", "text"], default="voice", help="text skips sound on the way in")
    simulate.add_argument("--reveal", action="store_true", help="write the patient's words into the journal")
    simulate.add_argument("--no-web", action="store_true", help="start no web pages (there are none yet)")

    talk = command("talk", _talk, "talk with the robot through the real sound card")
    talk.add_argument("--out", type=Path, help="folder for journal.jsonl")
    talk.add_argument("--reveal", action="store_true", help="write and show the patient's words")

    ask = command("ask", _ask, "ask in text; the same thinking and guard as in speech")
    ask.add_argument("text", nargs="?", help="the question (default: standard input)")
    ask.add_argument("--lang", choices=["en", "zh"])
    ask.add_argument("--patient", type=Path, help="patient file: YAML or FHIR R4 bundle")
    ask.add_argument("--jsonl", action="store_true", help="objects on standard input, answers on standard output")

    transcribe = command("transcribe", _transcribe, "sound files to text with times")
    transcribe.add_argument("files", nargs="+", type=Path, metavar="FILE")
    transcribe.add_argument("--engine", help="pocketsphinx, whisper, …")
    transcribe.add_argument("--lang", choices=["en", "zh"])
    transcribe.add_argument("--jsonl", action="store_true")

    speak = command("speak", _speak, "text to a wav file")
    speak.add_argument("text")
    speak.add_argument("--out", type=Path, required=True)
    speak.add_argument("--lang", choices=["en", "zh"])

    summarize = command("summarize", _summarize, "a FHIR bundle, a note or a conversation, each line with its source")
    summarize.add_argument("file", nargs="?", metavar="FILE", help="bundle (.json) or text; - is standard input")
    summarize.add_argument("--jsonl", action="store_true", help="objects on standard input, summaries on output")

    _add_knowledge(command)

    _add_dialogs_and_drafts(command)

    record = command("record", _record, "render a scenario's sentences into its recordings (needs flite)")
    record.add_argument("scenario", type=Path)
    record.add_argument("--voice", default="slt")

    _add_making_and_measuring(command)
    return parser


def _add_dialogs_and_drafts(command: Callable[..., argparse.ArgumentParser]) -> None:
    dialogs = command(
        "dialogs", _dialogs, "check the dialog files, draw them, talk through one flow, or learn from them anew"
    )
    dialogs.add_argument("what", choices=["check", "diagram", "try", "learn"])
    dialogs.add_argument("flow", nargs="?", help="the flow to try")
    dialogs.add_argument("--lang", choices=["en", "zh"])

    drafts = command(
        "drafts", _drafts, "what the robot noted for clinicians: list, show, change, approve, refuse, export"
    )
    drafts.add_argument("what", choices=["list", "show", "change", "approve", "refuse", "export"])
    drafts.add_argument("id", nargs="?", type=int, help="number of the draft (export: none is all)")
    drafts.add_argument("--folder", type=Path, help="where they are kept (default: as configured)")
    drafts.add_argument("--state", choices=["drafted", "changed", "approved", "refused"], help="list: only these")
    drafts.add_argument("--json", action="store_true", help="list: a JSON object a line")
    drafts.add_argument("--by", metavar="NAME", help="who reviews it; change, approve and refuse need it")
    drafts.add_argument("--text", help="change, approve: these words take its place")
    drafts.add_argument("--say", default="", metavar="TEXT", help="approve: what the robot says to the patient")
    drafts.add_argument("--reason", default="", help="refuse: why")
    drafts.add_argument("--out", type=Path, help="export: FHIR R4 bundle")


def _add_making_and_measuring(command: Callable[..., argparse.ArgumentParser]) -> None:
    train = command("train", _train, "make a language model of our own, stage by stage; goes on where it was stopped")
    train.add_argument("--out", type=Path, help="folder of the run (default: runs/NAME)")

    evaluate = command("evaluate", _evaluate, "how good it is: gpt (the model), mutation, safety")
    evaluate.add_argument("suite", choices=["gpt", "mutation", "safety"])
    evaluate.add_argument(
        "--data", type=Path, help="gpt: records to use instead (JSONL); safety: folder of shared sets"
    )
    evaluate.add_argument("--out", type=Path, help="folder for the figures; of safety also report.html")
    evaluate.add_argument("--accept", action="store_true", help="safety: what is measured now becomes the baseline")
    evaluate.add_argument("--model", default="bedside-gpt", help="folder or name of the model (default: %(default)s)")

    bench = command("bench", _bench, "measure: runtime, cold, turn, gpt")
    bench.add_argument("name", choices=["runtime", "cold", "turn", "gpt"])
    bench.add_argument("--model", help="language model to measure: folder or name (gpt only)")

    doctor = command("doctor", _doctor, "what is installed here, what is missing, and the command that mends it")
    doctor.add_argument("--json", action="store_true")


def _add_knowledge(command: Callable[..., argparse.ArgumentParser]) -> None:
    retrieve = command("retrieve", _retrieve, "search the knowledge base")
    retrieve.add_argument("query", nargs="?")
    retrieve.add_argument("--k", type=_positive, default=3, help="how many passages, 1 or more")
    retrieve.add_argument("--lang", choices=["en", "zh"])
    retrieve.add_argument("--jsonl", action="store_true")
    retrieve.add_argument("--index", metavar="NAME", help="imported knowledge, or built-in (default: what there is)")

    knowledge = command("knowledge", _knowledge, "import questions and answers (JSONL) or a folder of Markdown")
    knowledge.add_argument("what", choices=["import"])
    knowledge.add_argument("source", type=Path, metavar="FILE|FOLDER")
    knowledge.add_argument("--into", metavar="NAME", help="what it is called (default: the configured name)")


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


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


def _simulate(options: argparse.Namespace) -> int:
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


def _talk(options: argparse.Namespace) -> int:
    from robot.talk import talk

    return talk(_config(options), out=options.out, reveal=options.reveal)


def _ask(options: argparse.Namespace) -> int:
    from robot.ask import Asked, Asker, answer_lines

    if options.jsonl:
        _without_text(options.text)
    config = _config(options)
    if options.patient:
        config = config.model_copy(update={"patient": options.patient})
    asker = Asker(config)
    if options.jsonl:
        worked = True
        for answer, is_answer in answer_lines(sys.stdin, asker):
            _print_json(answer)
            worked = worked and is_answer
        return 0 if worked else 1
    text = options.text if options.text is not None else sys.stdin.read()
    answer = asker.answer(Asked(text, options.lang))
    sources = "; ".join(f"{source['org']} {source['year']}" for source in answer["sources"])
    print(answer["spoken"])  # noqa: T201
    print(f"[{answer['action']} · {answer['rung']} · {answer['state']}{' · ' + sources if sources else ''}]")  # noqa: T201
    return 0


def _transcribe(options: argparse.Namespace) -> int:
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


def _speak(options: argparse.Namespace) -> int:
    from robot.files import speak
    from robot.think.understand import language_of

    config = _config(options)
    language = options.lang or language_of(options.text, config.language)
    seconds = speak(options.text, options.out, config, language)
    print(f"{options.out}: {seconds:.2f} s")  # noqa: T201
    return 0


def _summarize(options: argparse.Namespace) -> int:
    from robot.summarize.run import print_summary, read_file, summary_lines

    if options.jsonl:
        _without_text(options.file)
        worked = True
        for item, is_summary in summary_lines(sys.stdin):
            _print_json(item)
            worked = worked and is_summary
        return 0 if worked else 1
    print_summary(read_file(options.file or "-"), print)
    return 0


def _retrieve(options: argparse.Namespace) -> int:
    from robot.search import print_hits, search_lines

    if options.jsonl:
        _without_text(options.query)
    config = _config(options)
    if options.jsonl:
        return search_lines(config, sys.stdin, _print_json, options.index)
    query = options.query if options.query is not None else sys.stdin.read()
    return print_hits(config, query, options.k, options.index)


def _knowledge(options: argparse.Namespace) -> int:
    from rich.console import Console

    from robot.knowledge import import_knowledge

    return import_knowledge(options.source, _config(options), options.into, Console(stderr=True, highlight=False))


def _dialogs(options: argparse.Namespace) -> int:
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


def _drafts(options: argparse.Namespace) -> int:
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


def _record(options: argparse.Namespace) -> int:
    from robot.simulate.record import record

    for path, seconds in record(options.scenario, options.voice):
        print(f"{path}: {seconds:.2f} s")  # noqa: T201
    return 0


def _train(options: argparse.Namespace) -> int:
    from robot.learn.command import train

    return train(options.config, options.out)


def _evaluate(options: argparse.Namespace) -> int:
    if options.suite == "mutation":
        from robot.evaluate.mutate import evaluate_mutation

        return evaluate_mutation(options.model, _config(options).dialogs, _print_json)
    if options.suite == "safety":
        from robot.evaluate.safety.command import evaluate_safety

        return evaluate_safety(_config(options), options.data, options.out, _print_json, accept=options.accept)
    from robot.evaluate.gpt import evaluate_gpt

    return evaluate_gpt(options.model, _config(options).dialogs, options.data, options.out, _print_json)


def _bench(options: argparse.Namespace) -> int:
    from robot.evaluate.bench import run_bench

    return run_bench(options.name, _config(options), _print_json, model=options.model)


def _doctor(options: argparse.Namespace) -> int:
    from robot.doctor import main as doctor

    return doctor(_config(options), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
