"""Analyse a recording and list why repetitions do not comply.

Here the recording is a simulated one, written to a file first; with your own, begin at `read`.
"""

import tempfile
from pathlib import Path

import hiphinge

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "session.csv"
    wearer = hiphinge.simulate(repetitions=6, faults={2: "flexion", 4: "shallow", 5: "extension"}, seed=1)
    hiphinge.write(file, wearer.recording)

    session = hiphinge.read(file)

found = hiphinge.analyse(session, "assisted", preset="strict")
for warning in found.warnings:
    print("note:", warning)

for attempt in found.attempts:
    print(f"rep {attempt.index} at {attempt.start_s:5.1f} s: {attempt.verdict:9}  {hiphinge.reasons(attempt)}")

# The same as a table: which kind of fault, how often, and how large at most.
table = hiphinge.findings_frame(found)
for (kind,), rows in table.filter(table["certain"]).group_by("kind", maintain_order=True):
    print(f"{kind}: {len(rows)} of {len(found.attempts)} repetitions")
