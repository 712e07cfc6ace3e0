"""Runs on the device as `/main.py`: starts the firmware in the folder that `fw/current` names first.

`hiphinge device` writes this file and `fw/current`; neither is part of a release. `fw/current` is one line, such as
``b a trial end``: start b, and until the host has confirmed it, go back to a at the next start. A line without `end`
was cut short.
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH104, PTH107, PTH116, PTH123
import os
import sys

FOLDER = "fw"


def read_slots() -> tuple[list[str], bool]:
    """Which slots to start, best first, and whether the first is on trial."""
    # Where renaming is no single step (FAT), a cut between its two leaves only the new one.
    for name in ("current", "current.new"):
        try:
            with open(FOLDER + "/" + name) as file:
                words = file.read().split()
        except OSError:
            continue
        if len(words) > 1 and words[-1] == "end":
            return [word for word in words[:-1] if word != "trial"], "trial" in words
    return ["a", "b"], False


def write_slots(slots: list[str], trial: bool = False) -> None:
    """Name the slots: all of it or nothing, whenever the power goes."""
    with open(FOLDER + "/current.new", "w") as file:
        file.write(" ".join(slots + (["trial"] if trial else []) + ["end"]))
    os.rename(FOLDER + "/current.new", FOLDER + "/current")


def start() -> None:
    """Start the first slot that can be loaded."""
    try:
        # Once: the host wants the prompt, without the watchdog that a firmware arms and nothing disarms.
        os.remove(FOLDER + "/hold")
        return
    except OSError:
        pass
    slots, trial = read_slots()
    if trial and len(slots) > 1:
        # First, so that a firmware that hangs or restarts is left at the next start without anybody's help.
        write_slots(slots[1:] + slots[:1])
    for slot in slots:
        path = FOLDER + "/" + slot
        try:
            os.stat(path + "/whole")
        except OSError:
            continue
        sys.path.insert(0, path)
        for name in ("boot", "main"):
            try:
                os.stat(path + "/" + name + ".mpy")
            except OSError:
                continue
            module = __import__(name)
            if name == "main":
                module.main()
        return
    print("hiphinge: no whole firmware in " + FOLDER + "/; run hiphinge device update")


if __name__ == "__main__":
    start()
