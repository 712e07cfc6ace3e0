"""The tables in README.md, filled from the sources; the words between them are written by hand."""

import re
from pathlib import Path

from hiphinge_hardware import bom, bus, figures, inputs, mechanics, power
from hiphinge_hardware.cad import dimensions as d

README = figures.HARDWARE / "README.md"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def parts_table() -> str:
    """The parts list."""
    parts = bom.load()
    checked = {"yes": "number looked up", "partly": "number looked up, size not", "no": "any will do"}
    rows = [
        (
            part.ref,
            f"[{part.part}]({part.number_from})" if part.number_from.startswith("http") else part.part,
            part.makers_number if part.maker == "any" else f"{part.maker} {part.makers_number}",
            f"{part.quantity:g}",
            f"{part.price_estimate_usd:.2f}" + ("" if part.price_from == "cited" else " e"),
            checked[part.verified],
        )
        for part in parts
    ]
    rows.append(("", "**together, estimate**", "", "", f"**{bom.total_estimate_usd(parts):.0f}**", ""))
    return _table(("ref", "part", "maker's number", "n", "price, USD", ""), rows)


def pull_ups() -> str:
    """The pull-up calculation."""
    f = figures.load()
    least = bus.least_pull_up_ohm(f["i2c.supply_v"].value, f["i2c.low_v"].value, f["i2c.sink_a"].value)
    most = bus.most_pull_up_ohm(f["i2c.rise_s"].value, f["i2c.capacitance_f"].value)
    board, breakout = f["i2c.board_pull_up_ohm"].value, f["i2c.breakout_pull_up_ohm"].value
    rows = [
        ("least", "(3.3 V - 0.4 V) / 3 mA", f"{least:.0f}", ""),
        ("most", "300 ns / (0.8473 x 150 pF)", f"{most:.0f}", ""),
        (
            "bus 0",
            "controller 2.2 k and breakout 2.2 k",
            f"{bus.parallel_ohm(board, breakout):.0f}",
            "within: nothing to cut",
        ),
        ("bus 1 (cable)", "breakout 2.2 k alone", f"{bus.parallel_ohm(breakout):.0f}", "within: it must keep its own"),
        (
            "a second breakout on bus 0",
            "2.2 k three times",
            f"{bus.parallel_ohm(board, breakout, breakout):.0f}",
            "too strong: cut one `I2C_PU`",
        ),
    ]
    return _table(("", "", "Ohm", ""), rows)


def currents() -> str:
    """Current and runtime by state."""
    f = figures.load()
    usable = f["battery.usable"].value
    rows: list[tuple[str, ...]] = []
    for state in power.states(f):
        hours = [power.runtime_h(c, usable, state.total_ma) for c in (400, 500)]
        shown = [f"{h:.1f} h" if h < 100 else f"{h / 24:.0f} days" for h in hours]
        biggest = ", ".join(
            f"{name} {ma:.3g}" for name, ma in sorted(state.parts_ma.items(), key=lambda item: -item[1])[:3]
        )
        rows.append((state.name, f"{state.total_ma:.3g}", biggest, *shown))
    return _table(("state", "mA", "the largest of it, mA", "400 mAh", "500 mAh"), rows)


def margins() -> str:
    """Charging, brown-out and warmth."""
    f = figures.load()
    charge = f["controller.charge_ma"].value
    width, length, height = d.SACRAL.outer
    area = (width * length + 2 * (width + length) * height) / 1e6
    most_ma = max(state.total_ma for state in power.states(f))
    warm = mechanics.warmest_c(
        4.2 * most_ma / 1000,
        area,
        f["heat.transfer_w_per_m2k"].value,
        f["heat.ambient_c"].value,
        f["heat.skin_c"].value,
    )
    bend = mechanics.plate_deflection_mm(200, d.SACRAL.width, d.SACRAL.length, d.FLOOR, 1500)
    rows = [
        ("charging 500 mAh with 214 mA", f"{power.charge_c(charge, 500):.2f} C", "at most 0.5 C"),
        (
            "smallest cell for this charger",
            f"{power.least_capacity_mah(charge, 0.5):.0f} mAh",
            "a 400 mAh cell would get 0.54 C: do not fit it",
        ),
        (
            "3.3 V rail at the default threshold of 3.50 V, radio and motor at their peak",
            f"{power.rail_at_peak_v(3.5, f):.2f} V",
            "brown-out taken as 3.0 V",
        ),
        (
            "lowest threshold that keeps 3.0 V at the peak",
            f"{power.least_threshold_v(f):.2f} V",
            "do not set `low_battery_mv` below 3350",
        ),
        ("warmest the body side gets (30 degC air, 34 degC skin)", f"{warm:.1f} degC", "at most 41 degC"),
        ("floor under 200 N", f"{bend:.2f} mm", "1.0 mm of room above the cell"),
    ]
    return _table(("", "calculated", ""), rows)


def printed() -> str:
    """The printed parts."""
    count = {"plug_shell": "2"}
    material = {"light_pipe": "clear", "jig_arm": "for the bench only", "jig_base": "for the bench only"}
    rows = [
        (
            f"[{name}](stl/{name}.stl)",
            count.get(name, "1"),
            " x ".join(f"{size:.0f}" for size in part["box_mm"]),
            f"{part['mass_g']:.1f}",
            f"{part['thinnest_mm']:.1f}",
            material.get(name, ""),
        )
        for name, part in sorted(inputs.manifest()["parts"].items())
    ]
    return _table(("part", "n", "mm", "g, solid", "thinnest, mm", ""), rows)


def clips() -> str:
    """Strain of what bends."""
    limit = figures.value("material.strain_most")
    rows: list[tuple[str, ...]] = []
    for name, shape in (("latch", d.LATCH), ("belt clip", d.BELT_TONGUE), ("clothing clip", d.CLOTHES_TONGUE)):
        strain = mechanics.clip_strain(shape["thickness"], shape["travel"], shape["length"])
        numbers = (f"{shape[key]:.1f}" for key in ("thickness", "travel", "length"))
        rows.append((name, *numbers, f"{100 * strain:.2f} %", f"{100 * limit:.1f} %"))
    return _table(("", "thickness t, mm", "travel y, mm", "length L, mm", "strain 3/2 t y / L^2", "limit"), rows)


def jig() -> str:
    """What the jig is good to."""
    error = mechanics.jig_error_deg(d.JIG_RADIUS, d.JIG_HOLE, d.JIG_PIN, d.JIG_PRINTED)
    angles = ", ".join(f"{angle:g}" for angle in d.JIG_DEG)
    formula = f"atan((2 x {d.JIG_HOLE - d.JIG_PIN:.1f} mm play + 2 x {d.JIG_PRINTED} mm printed) / {d.JIG_RADIUS:g} mm)"
    return _table(("detents, deg", "worst error of one", "at most, deg"), [(angles, formula, f"{error:.2f}")])


def unsure() -> str:
    """Figures that are judgements: what to measure first."""
    return "\n".join(f"- `{f.name}` = {f.value}: {f.source}" for f in figures.load().values() if f.sure == "judgement")


BLOCKS = {
    "parts": parts_table,
    "pull-ups": pull_ups,
    "currents": currents,
    "margins": margins,
    "printed": printed,
    "clips": clips,
    "jig": jig,
    "unsure": unsure,
}


def filled(path: Path = README) -> str:
    """README.md with its tables as the sources have them now."""

    def fill(found: re.Match[str]) -> str:
        return f"{found.group(1)}\n{BLOCKS[found.group(2)]()}\n{found.group(3)}"

    text = path.read_text(encoding="utf-8")
    done, count = re.subn(r"(<!-- made: ([a-z-]+) -->).*?(<!-- end -->)", fill, text, flags=re.S)
    if count != len(BLOCKS):
        raise ValueError(f"{path}: {count} tables, expected {len(BLOCKS)}")
    return done
