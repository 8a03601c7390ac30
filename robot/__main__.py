"""The command line: `bedside`, or `python -m robot`. Read on in `app` and `conversation`.

Exit status: 0 done; 1 the work failed (an expectation not met); 2 wrong usage or configuration, with one line on
standard error. What the commands do is in `commands`.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from robot import commands as do

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
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        added.add_argument("--config", type=Path, action="append", default=[], help="YAML laid over the defaults")
        return added

    simulate = command("simulate", do.simulate, "talk with the robot in a simulated room, or play a scripted visit")
    simulate.add_argument("--scenario", type=Path, help="scripted visit to play (default without a terminal)")
    simulate.add_argument("--replay", type=Path, metavar="JOURNAL", help="play a journal again, compare decisions")
    simulate.add_argument("--fast", action="store_true", help="simulated clock: waiting costs no time")
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("--out", type=Path, help="folder for conversation.wav, journal.jsonl, report.html")
    simulate.add_argument("--ears", choices=["voice", "text"], default="voice", help="text skips sound on the way in")
    simulate.add_argument("--reveal", action="store_true", help="write the patient's words into the journal")
    simulate.add_argument("--no-web", action="store_true", help="start no web pages (there are none yet)")

    talk = command("talk", do.talk, "talk with the robot through the real sound card")
    talk.add_argument("--out", type=Path, help="folder for journal.jsonl")
    talk.add_argument("--reveal", action="store_true", help="write and show the patient's words")

    ask = command("ask", do.ask, "ask in text; the same thinking and guard as in speech")
    ask.add_argument("text", nargs="?", help="the question (default: standard input)")
    ask.add_argument("--lang", choices=["en", "zh"])
    ask.add_argument("--patient", type=Path, help="patient file: YAML or FHIR R4 bundle")
    ask.add_argument("--jsonl", action="store_true", help="objects on standard input, answers on standard output")

    transcribe = command("transcribe", do.transcribe, "sound files to text with times")
    transcribe.add_argument("files", nargs="+", type=Path, metavar="FILE")
    transcribe.add_argument("--engine", help="pocketsphinx, whisper, …")
    transcribe.add_argument("--lang", choices=["en", "zh"])
    transcribe.add_argument("--jsonl", action="store_true")

    speak = command("speak", do.speak, "text to a wav file")
    speak.add_argument("text")
    speak.add_argument("--out", type=Path, required=True)
    speak.add_argument("--lang", choices=["en", "zh"])

    summarize = command("summarize", do.summarize, "a FHIR bundle, a note or a conversation, each line with its source")
    summarize.add_argument("file", nargs="?", metavar="FILE", help="bundle (.json) or text; - is standard input")
    summarize.add_argument("--jsonl", action="store_true", help="objects on standard input, summaries on output")

    _add_knowledge(command)

    _add_dialogs_and_drafts(command)

    record = command("record", do.record, "render a scenario's sentences into its recordings (needs flite)")
    record.add_argument("scenario", type=Path)
    record.add_argument("--voice", default="slt")

    _add_making_and_measuring(command)
    return parser


def _add_dialogs_and_drafts(command: Callable[..., argparse.ArgumentParser]) -> None:
    dialogs = command(
        "dialogs", do.dialogs, "check the dialog files, draw them, talk through one flow, or learn from them anew"
    )
    dialogs.add_argument("what", choices=["check", "diagram", "try", "learn"])
    dialogs.add_argument("flow", nargs="?", help="the flow to try")
    dialogs.add_argument("--lang", choices=["en", "zh"])

    drafts = command(
        "drafts", do.drafts, "what the robot noted for clinicians: list, show, change, approve, refuse, export"
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
    train = command("train", do.train, "make a language model of our own, stage by stage; goes on where it was stopped")
    train.add_argument("--out", type=Path, help="folder of the run (default: runs/NAME)")

    evaluate = command("evaluate", do.evaluate, "how good it is: gpt (the model), mutation, safety")
    evaluate.add_argument("suite", choices=["gpt", "mutation", "safety"])
    evaluate.add_argument(
        "--data", type=Path, help="gpt: records to use instead (JSONL); safety: folder of shared sets"
    )
    evaluate.add_argument("--out", type=Path, help="folder for the figures; of safety also report.html")
    evaluate.add_argument("--accept", action="store_true", help="safety: what is measured now becomes the baseline")
    evaluate.add_argument("--model", default="bedside-gpt", help="folder or name of the model (default: %(default)s)")

    bench = command("bench", do.bench, "measure: runtime, cold, turn, gpt")
    bench.add_argument("name", choices=["runtime", "cold", "turn", "gpt"])
    bench.add_argument("--model", help="language model to measure: folder or name (gpt only)")

    doctor = command("doctor", do.doctor, "what is installed here, what is missing, and the command that mends it")
    doctor.add_argument("--json", action="store_true")


def _add_knowledge(command: Callable[..., argparse.ArgumentParser]) -> None:
    retrieve = command("retrieve", do.retrieve, "search the knowledge base")
    retrieve.add_argument("query", nargs="?")
    retrieve.add_argument("--k", type=_positive, default=3, help="how many passages, 1 or more")
    retrieve.add_argument("--lang", choices=["en", "zh"])
    retrieve.add_argument("--jsonl", action="store_true")
    retrieve.add_argument("--index", metavar="NAME", help="imported knowledge, or built-in (default: what there is)")

    knowledge = command("knowledge", do.knowledge, "import questions and answers (JSONL) or a folder of Markdown")
    knowledge.add_argument("what", choices=["import"])
    knowledge.add_argument("source", type=Path, metavar="FILE|FOLDER")
    knowledge.add_argument("--into", metavar="NAME", help="what it is called (default: the configured name)")


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
