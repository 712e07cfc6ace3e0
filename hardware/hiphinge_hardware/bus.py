"""Pull-ups of an I2C bus against its capacitance (UM10204, I2C-bus specification, section 7.1)."""

import math

# Rising through 30 to 70 % of the supply through a resistor: ln(0.7 / 0.3).
RISE_FACTOR = math.log(0.7 / 0.3)


def least_pull_up_ohm(supply_v: float, low_v: float, sink_a: float) -> float:
    """The smallest pull-up a chip can still pull to `low_v` when it sinks `sink_a`."""
    return (supply_v - low_v) / sink_a


def most_pull_up_ohm(rise_s: float, capacitance_f: float) -> float:
    """The largest pull-up that lets a bus of `capacitance_f` rise within `rise_s`."""
    return rise_s / (RISE_FACTOR * capacitance_f)


def parallel_ohm(*resistors_ohm: float) -> float:
    """Resistors side by side; infinity without any."""
    conductance = sum(1.0 / each for each in resistors_ohm)
    return math.inf if conductance == 0.0 else 1.0 / conductance


def breakouts_that_may_keep_theirs(
    board_ohm: float, breakout_ohm: float, least_ohm: float, most_ohm: float, fitted: int
) -> list[int]:
    """How many of the breakouts on a bus may keep their pull-ups.

    Parameters
    ----------
    board_ohm : float
        Pull-up on the controller's board; infinity where there is none.
    breakout_ohm : float
        Pull-up on each breakout.
    least_ohm, most_ohm : float
        The range the total must lie in.
    fitted : int
        Breakouts on the bus.

    Returns
    -------
    list of int
        The counts, 0 to `fitted`, that keep the total within the range.
    """
    board = [] if math.isinf(board_ohm) else [board_ohm]
    return [
        kept for kept in range(fitted + 1) if least_ohm <= parallel_ohm(*board, *([breakout_ohm] * kept)) <= most_ohm
    ]
