"""`bedside summarize`: what a record or a text says, in few lines, each with its source. Products layer.

    bundle ─ record ──────────────┐
    note ─── note ─────┐          ├─ conflicts ─ run → {"summary", "lines"}
    talk ─── dialogue ─┴─ choose ─┘

Nothing is written freely: a line is a label of ours and words of the source. Read on in `lines`, then `run`.
"""
