"""Records blocks as fast as told until it is killed: `python recording_process.py ROOT SECONDS_PER_BLOCK`.

Says on stdout which block was handed over, and after each sync which is durable.
"""

import sys
import time
from pathlib import Path

from recorded_samples import RATE_HZ, ROWS, START, chunk, samples_in, samples_of

from hiphinge.files.recording.recorder import Recorder
from hiphinge.model import Event


def main(root: str, pause_s: float) -> None:
    recorder = Recorder(Path(root), START, samples_of=samples_of)
    print("folder", recorder.folder, flush=True)
    for number in range(100_000):
        data = chunk(number)
        recorder.received(data, START.now_s + number * ROWS / RATE_HZ)
        print("got", number, flush=True)
        recorder.samples(samples_in(data))
        if number % 20 == 19:
            recorder.event(Event(number * ROWS / RATE_HZ, "mark", str(number)), START.now_s)
            assert recorder.sync().complete
            print("durable", number, flush=True)
        time.sleep(pause_s)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
