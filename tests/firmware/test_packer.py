"""What the device sends, byte for byte what the wire's codec would: blocks, fragments, frames."""

from typing import Any

import pytest


@pytest.mark.parametrize("profile", [1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_blocks_are_the_codecs(on_device: Any, profile: int, seed: int):
    assert on_device("packer_cases", "blocks", profile=profile, seed=seed, cases=20) == [{"different": 0}]


@pytest.mark.parametrize("payload", [20, 182, 244])
def test_fragments_are_the_codecs_whatever_the_radio_refuses(on_device: Any, payload: int):
    sizes = [1, payload - 2, payload - 1, payload, payload + 1, 174, 234, 996, 1024]
    (seen,) = on_device("packer_cases", "fragments", payload=payload, sizes=sizes)
    assert seen["same"] == seen["joined"] == len(sizes)
    assert seen["refused"] > 3


def test_frames_are_the_codecs(on_device: Any):
    sizes = [1, 2, 3, 20, 253, 254, 255, 256, 600, 1026]
    assert on_device("packer_cases", "frames", sizes=sizes, seed=3) == [{"same": len(sizes) + 5, "check": 0x29B1}]
