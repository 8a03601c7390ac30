"""All flows as one mermaid diagram; `docs/dialogs.md` holds it, and a test keeps it current."""

from __future__ import annotations

from dialogs.loader import Dialogs, states


def diagram(dialogs: Dialogs) -> str:
    """A Markdown page with a mermaid state diagram. Moves of `everywhere.yaml` are drawn once, from a note's corner."""
    lines = [
        "# The dialogs",
        "",
        "Made by `bedside dialogs diagram > docs/dialogs.md`; a test fails when it is out of date.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {_id(dialogs.everywhere.start)}",
    ]
    for flow in dialogs.flows.values():
        lines.append(f"    state {flow.flow} {{")
        for name, state in flow.states.items():
            full = f"{flow.flow}.{name}"
            lines.append(f"        {_id(full)} : {name}")
            inside = [(move.intent, move.to) for move in state.moves if move.to and move.to.startswith(f"{flow.flow}.")]
            lines += [f"        {_id(full)} --> {_id(str(to))} : {intent}" for intent, to in inside]
        lines.append("    }")
    for flow_name, name, state in states(dialogs):
        for move in state.moves:
            if move.to and not move.to.startswith(f"{flow_name}."):
                lines.append(f"    {_id(name)} --> {_id(move.to)} : {move.intent}")
        if state.timeout.to != name:
            lines.append(f"    {_id(name)} --> {_id(state.timeout.to)} : {state.timeout.seconds:g} s of silence")
        if state.timeout.do == "end":
            lines.append(f"    {_id(name)} --> [*] : {state.timeout.seconds:g} s of silence")
    everywhere = dialogs.everywhere
    lines.append("    state everywhere <<choice>>")
    lines += [f"    everywhere --> {_id(move.to)} : {move.intent}" for move in everywhere.moves if move.to]
    lines.append(f"    everywhere --> {_id(everywhere.red_flag)} : red flag")
    latched = [name for flow, name, _ in states(dialogs) if dialogs.flows[flow].latched]
    lines += [f"    {_id(name)} --> {_id(str(everywhere.cleared.to))} : staff clear it" for name in latched]
    lines += ["```", "", "| state | what it is | waits |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {state.about} | {state.timeout.seconds:g} s |" for _, name, state in states(dialogs)]
    return "\n".join(lines) + "\n"


def _id(state: str) -> str:
    return state.replace(".", "_")
