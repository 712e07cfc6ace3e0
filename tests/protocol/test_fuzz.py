import sys
from pathlib import Path

import golden
from hypothesis import given
from hypothesis import strategies as st
from interpreters import CODEC, micropython, output

from hiphinge_wire.codec import decode_reply, decode_request
from hiphinge_wire.errors import NAMES, WireError
from hiphinge_wire.gatt import decode_advert

ROUNDS = 3000
RUNNER = (str(Path(__file__).parent / "fuzz_runner.py"), str(CODEC), str(golden.FOLDER), str(ROUNDS))


@given(st.binary(max_size=1100))
def test_any_bytes_decode_or_raise_a_wire_error(data: bytes):
    for decode in (decode_request, decode_reply, decode_advert):
        try:
            decode(data)
        except WireError as error:
            assert 0 < error.code < len(NAMES)
            assert str(error)


def test_spoilt_frames_end_the_same_on_both_interpreters():
    cpython = output(sys.executable, *RUNNER)
    name, rounds, refused, _ = cpython.split()
    assert (name, int(rounds)) == ("fuzzed", ROUNDS), cpython
    # Two decoders a round, and at least the one for the other direction refuses.
    assert ROUNDS < int(refused) < 2 * ROUNDS
    assert output(micropython(), *RUNNER) == cpython
