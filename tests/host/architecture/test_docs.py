"""What docstrings say of parameters and attributes is what the code has."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import hiphinge
import hiphinge_wire


def modules() -> Iterator[ModuleType]:
    for package in (hiphinge, hiphinge_wire):
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def documented(doc: str | None, section: str) -> list[str] | None:
    """Names a numpydoc section explains, in order; None without that section."""
    lines = inspect.cleandoc(doc or "").splitlines()
    heads = [at for at, line in enumerate(lines[:-1]) if line == section and re.fullmatch("-+", lines[at + 1])]
    if not heads:
        return None
    names: list[str] = []
    for at in range(heads[0] + 2, len(lines)):
        if at + 1 < len(lines) and re.fullmatch("-{3,}", lines[at + 1]):
            break
        if lines[at] and not lines[at].startswith(" "):
            names += [name.strip() for name in lines[at].partition(" : ")[0].split(",")]
    return names


def real(function: Any) -> list[str]:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(function).parameters.values()
    return [stars.get(p.kind, "") + p.name for p in parameters if p.name not in ("self", "cls")]


def public_functions() -> Iterator[tuple[str, Any]]:
    for module in modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing
            elif inspect.isclass(thing):
                for method_name, method in vars(thing).items():
                    function = getattr(method, "__func__", method)
                    if inspect.isfunction(function) and not method_name.startswith("_"):
                        yield f"{module.__name__}.{name}.{method_name}", function


def dataclasses_of_ours() -> Iterator[tuple[str, Any]]:
    for module in modules():
        for name, thing in vars(module).items():
            ours = inspect.isclass(thing) and thing.__module__ == module.__name__
            if ours and dataclasses.is_dataclass(thing):
                yield f"{module.__name__}.{name}", thing


def test_documented_parameters_are_the_real_ones():
    checked = 0
    wrong: list[str] = []
    for name, function in public_functions():
        said = documented(function.__doc__, "Parameters")
        if said is not None:
            checked += 1
            if said != real(function):
                wrong.append(f"{name}: documented {said}, real {real(function)}")
    assert not wrong, "\n".join(wrong)
    assert checked > 20  # the parser above still finds sections


def test_documented_attributes_are_fields():
    checked = 0
    wrong: list[str] = []
    for name, kind in dataclasses_of_ours():
        fields = {field.name for field in dataclasses.fields(kind)}
        for attribute in documented(kind.__doc__, "Attributes") or []:
            checked += 1
            if attribute not in fields and not isinstance(getattr(kind, attribute, None), property):
                wrong.append(f"{name}: {attribute} is no field")
    assert not wrong, "\n".join(wrong)
    assert checked > 20


@pytest.mark.parametrize(
    ("doc", "names"),
    [
        (
            "Say.\n\nParameters\n----------\na, b : (N, 3) float\n    Two.\n*rest : int\n\nReturns\n-------\nint\n",
            "a b *rest",
        ),
        ("Say.\n\n    Parameters\n    ----------\n    only : str\n        Text.\n    ", "only"),
        ("Say.\n\nReturns\n-------\nint\n", None),
        (None, None),
    ],
)
def test_sections_are_read_as_numpydoc_means_them(doc: str | None, names: str | None):
    assert documented(doc, "Parameters") == (None if names is None else names.split())
