"""The README keeps its word: links lead somewhere, commands and code run, programmes load."""

import re
import shlex
from pathlib import Path

import pytest

from hiphinge.cli.run import run
from hiphinge.files.columns import KNOWN
from hiphinge.programmes import load_programme, resolve_limits

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = ("analyse", "live", "record", "report", "cohort", "import", "export", "assess", "simulate", "demo")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def command_lines() -> list[list[str]]:
    """What follows `hiphinge` in every shell block, in order, and in code within sentences."""
    in_blocks = "\n".join(blocks("sh") + blocks("powershell"))
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    lines = [*re.split(r"\n|&&|;", in_blocks), *re.findall(r"`([^`\n]+)`", prose)]
    found = [re.search(r"(?:^|[\\/ ])hiphinge +(.+)$", line.strip()) for line in lines]
    return [shlex.split(one[1], comments=True) for one in found if one]


def in_example() -> list[list[str]]:
    """The command lines of the first block that shows how to use it; the live ones take minutes, or a device."""
    block = next(text for text in blocks("sh") if text.startswith("hiphinge "))
    return [shlex.split(line)[1:] for line in block.splitlines()]


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(text: str, folder: Path) -> list[str]:
    """Links and pictures that are neither web addresses, headings of `text`, nor files below `folder`."""
    headings = {"#" + anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")}
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [target for target in targets if not target.startswith("https://")]
    return [target for target in inside if target not in headings and not (folder / target.partition("#")[0]).is_file()]


def test_links_and_pictures_are_there():
    assert broken_links(README, ROOT) == []
    assert len(re.findall(r"!\[[^]]+\]\(host/docs/\w+\.svg\)", README)) >= 3  # with words for those who cannot see


def test_broken_links_are_noticed(tmp_path: Path):
    (tmp_path / "there.md").write_text("", encoding="utf-8")
    text = "# A heading\n[a](there.md) [b](gone.md) [c](#a-heading) [d](#gone) [e](https://example.org/x)"
    assert broken_links(text, tmp_path) == ["gone.md", "#gone"]


def test_every_picture_is_used_and_drawn_by_the_script():
    script = (ROOT / "host/docs/figures.py").read_text(encoding="utf-8")
    for picture in (ROOT / "host/docs").glob("*.svg"):
        assert f"(host/docs/{picture.name})" in README
        assert f'"{picture.stem}":' in script
        assert "<dc:date>" not in picture.read_text(encoding="utf-8")  # a date would change on every run


def test_commands_named_exist_and_list_their_options(capsys: pytest.CaptureFixture[str]):
    named = command_lines()
    assert {words[0] for words in named} == set(COMMANDS)
    for words in named:
        assert run([words[0], "--help"]) == 0
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
        used = {word for word in words if word.startswith("--")}
        assert used <= options, words


def test_options_named_in_sentences_exist(capsys: pytest.CaptureFixture[str]):
    known: set[str] = {"--from", "--python"}  # uvx's
    for command in COMMANDS:
        run([command, "--help"])
        known |= set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README)) <= known


def test_examples_run_in_order_and_then_the_python_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for words in in_example():
        assert run(words) == 0, (words, capsys.readouterr().err)
    (code,) = blocks("python")
    capsys.readouterr()
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 * 10 + 1
    assert "faulty" in printed[3] and "lumbar_flexion" in printed[3]  # --fault 4:flexion
    assert "faulty" in printed[16] and "too_deep" in printed[16]  # --fault 2.7:deep


def test_programmes_load_and_say_what_differs(tmp_path: Path):
    (text,) = blocks("toml")
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    mine, base = resolve_limits(load_programme(path)), resolve_limits(load_programme("assisted"))
    assert (mine.depth_on, mine.depth_min_deg, mine.lumbar_flexion_max_deg) == ("trunk", 40, 14)
    assert mine.lumbar_extension_max_deg == base.lumbar_extension_max_deg
    assert load_programme(path).repetitions == 8


def test_session_columns_are_those_of_the_reader():
    rows = re.findall(r"^\| (`(?:time_s|sacral_).*?`) \|", README, re.MULTILINE)
    names = [name for row in rows for word in re.findall(r"`([^`]+)`", row) for name in spelt_out(word)]
    assert len(names) == len(set(names))
    assert set(names) == KNOWN


def spelt_out(name: str) -> list[str]:
    braces = re.search(r"\{(.+)\}", name)
    return [name.replace(braces[0], axis) for axis in braces[1].split(",")] if braces else [name]


def test_limits_in_words_are_those_of_the_programme():
    strict = resolve_limits(load_programme("assisted"))
    prose = " ".join(README.split())
    band = f"{strict.depth_min_deg:g} to {strict.depth_max_deg:g} deg ({strict.depth_grace_deg:g} deg of grace)"
    for words in (
        f"hip hinge of {band}",
        f"at most {strict.lumbar_flexion_max_deg:g} deg of lumbar flexion",
        f"at most {strict.lumbar_extension_max_deg:g} deg of extension past neutral",
        f"{strict.eccentric_min_s:g} s or more on the way down",
    ):
        assert words in prose


def test_nothing_is_called_dangerous():
    assert not re.search(r"\b(dangerous|unsafe|safe|injury[- ]free|accurate on people)\b", README, re.IGNORECASE)
