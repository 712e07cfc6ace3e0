"""Compare sessions before and after some weeks of treatment.

Both are judged by the same limits. The table puts the spread of repetitions beside the means: a difference within it
is no change.
"""

import polars as pl

import hiphinge

# Two simulated sessions of two sets; `hiphinge.read("monday")` and so on give yours.
before = hiphinge.simulate(sets=2, repetitions=5, seed=11, faults={1: "flexion", 3: "flexion", 4: "extension"})
after = hiphinge.simulate(sets=2, repetitions=5, seed=12, faults={(2, 5): "flexion"})

limits = hiphinge.limits("assisted", "strict")
sessions = {"before": before.recording, "after": after.recording}
repetitions = pl.concat(
    hiphinge.attempts_frame(hiphinge.analyse(recording, limits=limits)).with_columns(session=pl.lit(name))
    for name, recording in sessions.items()
)

# Isolated bends (set 0), such as picking something up, are listed but are no repetitions.
summary = (
    repetitions.filter(pl.col("set") > 0)
    .group_by("session", maintain_order=True)
    .agg(
        repetitions=pl.len(),
        compliant=(pl.col("verdict") == "compliant").sum(),
        lumbar_flexion_deg=pl.col("lumbar_flexion_deg").mean().round(1),
        hip_hinge_deg=pl.col("hip_hinge_deg").mean().round(1),
        hip_hinge_spread_deg=pl.col("hip_hinge_deg").std().round(1),
    )
)
with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_formatting="ASCII_MARKDOWN"):
    print(summary)
