from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.model import HiphingeError
from hiphinge.programmes import ProgrammeError, builtin_names, load_programme
from hiphinge.programmes.parse import build, merge, parse_toml

EXTENDS = 'extends = "assisted"\n'


def write(folder: Path, text: str, name: str = "my.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def message(name_or_path: str | Path, preset: str | None = None) -> str:
    with pytest.raises(ProgrammeError) as caught:
        load_programme(name_or_path, preset)
    text = str(caught.value)
    assert isinstance(caught.value, HiphingeError)
    assert "\n" not in text
    return text


def test_own_file_overrides_one_field_and_keeps_the_rest(tmp_path: Path):
    own = load_programme(write(tmp_path, EXTENDS + "sets = 4\n[presets.strict.depth]\nmin_deg = 40\n", "anna.toml"))
    base = load_programme("assisted")
    assert (own.name, own.sets, own.limits.depth.min_deg) == ("anna", 4, 40)
    assert own.limits.depth.max_deg == base.limits.depth.max_deg
    assert own.presets["lenient"] == base.presets["lenient"]


def test_none_switches_an_inherited_limit_off(tmp_path: Path):
    own = load_programme(write(tmp_path, EXTENDS + '[presets.strict.tempo]\neccentric_min_s = "none"\n'))
    assert own.limits.tempo.eccentric_min_s is None


def test_advisory_kinds_are_taken_and_replace_the_inherited_list(tmp_path: Path):
    base = write(tmp_path, EXTENDS + '[presets.strict]\nadvisory = ["too_deep", "too_fast"]\n', "base.toml")
    own = write(tmp_path, 'extends = "base.toml"\n[presets.strict]\nadvisory = ["too_deep"]\n')
    assert load_programme(base).limits.advisory == {"too_deep", "too_fast"}
    assert load_programme(str(own)).limits.advisory == {"too_deep"}


def test_file_without_extends_must_be_whole(tmp_path: Path):
    text = message(write(tmp_path, 'name = "bare"\n'))
    assert "it is missing" in text
    assert 'extends = "assisted"' in text


def test_text_of_windows_editors_is_read(tmp_path: Path):
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXTENDS.replace("\n", "\r\n").encode())
    assert load_programme(path).sets == 3


FIELD_ERRORS = [
    # what the user wrote, the dotted field, what else must be said
    ("sets = 0", "sets", "at least 1"),
    ("sets = 2.5", "sets", "whole number"),
    ('repetitions = "10"', "repetitions", "whole number"),
    ("repetitions = true", "repetitions", "whole number"),
    ("repetitons = 10", "repetitons", 'did you mean "repetitions"?'),
    ("repetitions_max = 5", "repetitions_max", "below repetitions, 10"),
    ("rest_s = -1", "rest_s", "above 0"),
    ("title = 3", "title", "text in quotes"),
    ('stance = "splitt"', "stance", 'did you mean "split"?'),
    ('side = "left"', "side", 'needs stance = "split"'),
    ('preset = "mild"', "preset", "strict, lenient"),
    ('load_kg = "heavy"', "load_kg", 'a number or "none"'),
    ("load_kg = 0", "load_kg", "above 0"),
    ("presets = 3", "presets", "a table"),
    ("[presets.strict]\ndepth = 45", "presets.strict.depth", "a table"),
    ("[presets.strict.depth]\nmin_deg = 55", "presets.strict.depth.min_deg", "55 is not below max_deg, 50"),
    ("[presets.strict.depth]\nmin_deg = inf", "presets.strict.depth.min_deg", "finite number"),
    ("[presets.strict.depth]\nmin_deg = nan", "presets.strict.depth.min_deg", "finite number"),
    ("[presets.strict.depth]\nmin_deg = -5", "presets.strict.depth.min_deg", "at least 0"),
    ('[presets.strict.depth]\nmin_deg = "none"', "presets.strict.depth.min_deg", "write a number"),
    ("[presets.strict.depth]\nmin_dg = 40", "presets.strict.depth.min_dg", 'did you mean "min_deg"?'),
    ('[presets.strict.depth]\non = "trunc"', "presets.strict.depth.on", 'did you mean "trunk"?'),
    ("[presets.strict.lumbar_flexion]\nmax_deg = 500", "presets.strict.lumbar_flexion.max_deg", "at most 90"),
    (
        "[presets.strict.lumbar_flexion]\nmax_share_of_own = 42",
        "presets.strict.lumbar_flexion.max_share_of_own",
        "0.42",
    ),
    ('[presets.lenient.lumbar_flexion]\nmax_deg = "none"', "presets.lenient.lumbar_flexion.max_deg", "own maximum"),
    ('[presets.strict]\nadvisory = ["to_deep"]', "presets.strict.advisory[0]", 'did you mean "too_deep"?'),
    ("[presets.strict]\nadvisory = 3", "presets.strict.advisory", "a list"),
    ("[presets.mine.depth]\nmin_deg = 40", "presets.mine", "missing"),
    ("[move_on]\ncompliant_share = 80", "move_on.compliant_share", "at most 1"),
    ("[move_on]\nlast_sets = 0", "move_on.last_sets", "at least 1"),
    ('["a\\nb"]\nx = 1', "a b", "not known"),
]


@pytest.mark.parametrize(
    ("text", "field", "says"), FIELD_ERRORS, ids=[row[0].replace("\n", " ") for row in FIELD_ERRORS]
)
def test_message_names_file_field_and_what_to_do(tmp_path: Path, text: str, field: str, says: str):
    path = write(tmp_path, EXTENDS + text + "\n")
    said = message(path)
    assert said.startswith(f"{path}: {field}")
    assert says in said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('name = "x"\nsets = = 3\n', "line 2, column 8"),
        ("sets = 3\nsets = 4\n", "line 2"),
        ("title = assisted\n", "line 1, column 9"),
        ('title = "open', "line 1"),
        ("a = " + "[" * 5000, "nested too deeply"),
        ("a = " + "9" * 5000, "the TOML"),
    ],
)
def test_broken_toml_names_the_line(tmp_path: Path, text: str, place: str):
    path = write(tmp_path, text)
    said = message(path)
    assert said.startswith(str(path))
    assert place in said


def test_unknown_names_get_a_suggestion(tmp_path: Path):
    assert 'did you mean "assisted"?' in message("asisted")
    assert 'did you mean "lenient"?' in message("assisted", "leniant")
    assert all(name in message("x") for name in builtin_names())
    assert 'did you mean "unassisted"?' in message(write(tmp_path, 'extends = "unasisted"\n'))


def test_files_that_cannot_be_read(tmp_path: Path):
    assert "no such file" in message(tmp_path / "none.toml")
    assert "no such file" in message(Path("assisted.nowhere"))
    assert "folder" in message(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in message(binary)
    assert "not known" in message("x" * 5000)
    assert "cannot be read" in message("zero\0byte.toml")


def test_extends_finds_its_file_beside_the_own_and_refuses_a_circle(tmp_path: Path):
    inner = tmp_path / "clinic"
    inner.mkdir()
    write(inner, EXTENDS + "sets = 5\n", "base.toml")
    own = write(tmp_path, 'extends = "clinic/base.toml"\n')
    assert load_programme(own).sets == 5
    write(inner, 'extends = "../my.toml"\n', "base.toml")
    assert "leads back" in message(own)
    assert "there is no file" in message(write(tmp_path, 'extends = "gone.toml"\n'))
    assert "in quotes" in message(write(tmp_path, "extends = 3\n"))


def test_fault_in_a_file_extended_is_told_under_its_own_name(tmp_path: Path):
    base = write(tmp_path, EXTENDS + "sets = 0\n", "base.toml")
    assert message(write(tmp_path, 'extends = "base.toml"\nsets = 3\n')).startswith(f"{base}: sets")


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.just("none")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(["name", "sets", "presets", "strict", "depth", "min_deg", "on", "advisory", "move_on", "tempo"])
tables = st.dictionaries(keys | st.text(max_size=4), values | st.dictionaries(keys, values, max_size=3), max_size=4)


@given(tables, st.booleans())
def test_any_table_is_a_programme_or_one_line(table: dict[str, object], whole: bool):
    base = load_programme("assisted").model_dump() if whole else {}
    try:
        programme = build(merge(base, table), "any.toml")
    except ProgrammeError as error:
        assert str(error).startswith("any.toml: ")
        assert len(str(error).splitlines()) == 1
    else:
        assert programme.limits.depth.min_deg < programme.limits.depth.max_deg


@given(st.text())
def test_any_text_is_toml_or_one_line(text: str):
    try:
        parse_toml(text, "any.toml")
    except ProgrammeError as error:
        assert len(str(error).splitlines()) == 1


@given(tables, tables)
def test_merging_changes_neither_side_and_the_own_value_wins(base: dict[str, object], over: dict[str, object]):
    before = (repr(base), repr(over))
    merged = merge(base, over)
    assert (repr(base), repr(over)) == before
    assert list(merged) == [*base, *(key for key in over if key not in base)]
    assert all(merged[key] is over[key] for key in over if not isinstance(over[key], dict))
