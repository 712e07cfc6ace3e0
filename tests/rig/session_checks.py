"""What must hold of a joined session, as a list of what does not: shared by the test, the mutants and the long run."""

from itertools import pairwise
from typing import Any

from joined import Joined, account

# protocol and issue: time stamps within 1 ms once a sensor has run 30 s; 300 s of backlog within 120 s.
WORST_US = 1000.0
DRAIN_S = 120.0
# The watchdog's own limit is 8 s; the loop feeds it between two erasures of 0.4 s.
UNFED_US = 2_000_000


def failures(joined: Joined, sections: dict[str, Any]) -> list[str]:
    """Everything that is wrong; an empty list is a pass."""
    wrong: list[str] = []

    def must(holds: bool, words: str) -> None:
        if not holds:
            wrong.append(words)

    must(joined.differing == 0, f"{joined.differing} blocks came again with other bytes")
    for number, boot in enumerate(joined.boots):
        cut = number + 1 < len(joined.boots)
        end = boot.end
        must(end["impossible"] == 0, "flash programmed over what was not erased")
        must(not end["handler_dead"] and end["faults"] == 0, "an exception in a handler")
        must(0 <= end["longest_unfed_us"] < UNFED_US, f"watchdog unfed for {end['longest_unfed_us']} us")
        must(end["dropped"] == [0, 0], f"blocks given up: {end['dropped']}")
        last = [status for _, status in joined.statuses if status.boot == boot.boot][-1]
        for imu in (0, 1):
            who = f"boot {number} imu {imu}: "
            seen = account(joined, boot, imu)
            flips = boot.chips[imu]["happened"]["flip"]
            must(seen.received > 0.97 * seen.made - 4000, who + f"only {seen.received} of {seen.made} arrived")
            must(seen.lost <= flips, who + f"{seen.lost} lost, {flips} bits flipped")
            must(seen.damaged <= flips * 3, who + f"{seen.damaged} damaged, {flips} bits flipped")
            must(seen.doubled == 0, who + f"{seen.doubled} doubled")
            must(seen.disordered == 0, who + f"{seen.disordered} out of order")
            must(seen.misplaced == 0, who + f"{seen.misplaced} indices wrong")
            # Counted exactly: what the index jumps over is what the chip's ledger lost, no more and no less.
            must(seen.jumps == seen.destroyed + seen.lost, who + f"{seen.jumps} counted, {seen.destroyed} destroyed")
            must(seen.worst_us < WORST_US, who + f"a time stamp {seen.worst_us:.0f} us off")
            if not cut:
                must(last.dropped_samples[imu] == seen.jumps, who + "STATUS counts others than the indices")
                must(seen.in_ram == 0, who + f"{seen.in_ram} never arrived")
            else:
                # The open block of an outage: 77 samples of both.
                must(seen.in_ram <= 90, who + f"{seen.in_ram} lost with the RAM")
    final = joined.boots[-1].end
    must(final["kept_blocks"][0] == final["kept_blocks"][3], f"not all acknowledged: {final['kept_blocks']}")
    sequences = sorted(sequence for boot, sequence in joined.blocks if boot == joined.boots[-1].boot)
    must(all(b - a == 1 for a, b in pairwise(sequences)), "sequences with gaps")
    for start, end in sections.get("outages", []):
        if end - start > 100:
            drained = drained_s(joined, end)
            must(drained is not None and drained < DRAIN_S, f"backlog of {end - start} s drained in {drained} s")
    return wrong


def drained_s(joined: Joined, up_s: float) -> float | None:
    """How long after `up_s` the backlog was acknowledged but for the last two seconds' blocks."""
    for at_s, status in joined.statuses:
        if at_s > up_s + 3 and status.backlog_blocks < 70:
            return at_s - up_s
    return None
