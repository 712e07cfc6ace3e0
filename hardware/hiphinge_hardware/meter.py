"""Expected meter readings for the bring-up sheet, written where `hiphinge bench bring-up` finds them in any install."""

from hiphinge_hardware import figures, power

TARGET = figures.REPOSITORY / "host" / "hiphinge" / "app" / "bench" / "expected.toml"

_HEAD = (
    "# Made by hardware/make.py from hardware/figures.toml: change it there. Calculated, measured on no device yet.\n"
)


def text() -> str:
    """The file as the figures have it now."""
    lines = [_HEAD]
    for one in power.readings(figures.load()):
        places = 2 if one.unit == "V" else 1
        lines += [
            "[[reading]]",
            f'what = "{one.what}"',
            f'how = "{one.how}"',
            f"low = {one.low:.{places}f}",
            f"high = {one.high:.{places}f}",
            f'unit = "{one.unit}"\n',
        ]
    return "\n".join(lines).rstrip() + "\n"
