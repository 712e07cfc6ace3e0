"""Short names for what only the firmware itself calls by name. Pure: text to text.

A device keeps every name once, its letters and a place in a table that doubles when it is full. Of 1300 names half are
attributes, methods, functions and parameters that nothing outside the firmware ever sees. Two of them that never meet,
neither in one file nor in one object, share one short name: 16 kB are left of 45 in 64-bit words. Lines stay where they
are, and tracebacks name file and line.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import re
import string
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hiphinge.device.folding import documents

_Definition = ast.FunctionDef | ast.ClassDef

# What objects of MicroPython and its board have; a module's own functions are seen by its import.
_FOREIGN = frozenset(
    name
    for kind in (bytearray, memoryview, str, list, dict, set, int, float, OSError, array, staticmethod, builtins)
    for name in dir(kind)
) | frozenset(
    """
    main errno throw send close read readinto readline write flush ioctl readblocks writeblocks info register poll
    value init irq on off freq duty_u16 deinit read_uv read_u16 memory datetime feed scan readfrom_mem
    readfrom_mem_into writeto_mem writeto mode get_i32 set_i32 get_blob set_blob erase_key commit
    active config gatts_register_services gatts_set_buffer gatts_read gatts_write gatts_notify gatts_indicate
    gap_advertise gap_disconnect gap_passkey gap_pair gap_scan gap_connect gattc_exchange_mtu
    device cdc is_open dtr rts break_cb line_state_cb line_coding buffer
    """.split()  # noqa: SIM905  (two screens long as a list)
)


@dataclass(slots=True)
class _Uses:
    # Names by where they must differ from one another: in a file, in an object.
    together: list[set[str]] = field(default_factory=list[set[str]])
    bound: set[str] = field(default_factory=set[str])
    kept: set[str] = field(default_factory=set[str])
    # What any object may be given.
    anywhere: set[str] = field(default_factory=set[str])
    # Every name there is.
    seen: set[str] = field(default_factory=set[str])


def shorten(files: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give short names to what nothing outside these files names.

    Parameters
    ----------
    files : mapping of str to str
        Source by its place (``package/module.py``): all that will be on the device.

    Returns
    -------
    files : dict of str to str
        The same files with as many lines each.
    names : dict of str to str
        New name by old one.

    Notes
    -----
    A name keeps its form where it also stands in a text (``getattr``, field names of messages), is given as a keyword,
    imported from outside, part of a module's path, or one that objects of MicroPython have.
    """
    trees = {place: ast.parse(text) for place, text in files.items()}
    uses = _used(trees)
    names = _chosen(uses)
    return {place: _renamed(text, trees[place], names) for place, text in files.items()}, names


def _used(trees: Mapping[str, ast.Module]) -> _Uses:
    uses = _Uses(kept={*_FOREIGN, *dir(builtins)})
    own = {place.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for place in trees}
    bases: dict[str, set[str]] = defaultdict(set)
    objects: dict[str, set[str]] = defaultdict(set)
    for place, tree in trees.items():
        uses.kept.update(place.removesuffix(".py").split("/"))
        uses.together.append(_of_file(tree, uses, own))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name].update(base.id for base in node.bases if isinstance(base, ast.Name))
                objects[node.name] |= _of_class(node)
    # A class and those it is made from are one object; more than need be is no harm.
    families: list[set[str]] = []
    for name, made_from in bases.items():
        family = {name} | made_from
        for other in [one for one in families if one & family]:
            families.remove(other)
            family |= other
        families.append(family)
    members = [set[str]().union(*(objects[name] for name in family)) for family in families]
    uses.together += members
    uses.bound |= set[str]().union(*members)
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                    pass
                case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                    # Set from outside: nobody says on what.
                    uses.anywhere.add(name)
                case _:
                    pass
    return uses


def _of_file(tree: ast.Module, uses: _Uses, own: set[str]) -> set[str]:
    # Names a module or one of its functions looks up by themselves; fills in what must be kept.
    names: set[str] = set()
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    prose = documents(tree)
    foreign: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=some):
                foreign.update(one.asname or one.name.split(".")[0] for one in some)
            case ast.ImportFrom(module=str(module), names=some) if module not in own:
                foreign.update(one.asname or one.name for one in some)
            case _:
                pass
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                names.add(name)
                uses.seen.add(name)
                if id(node) in inside:
                    # Before Python 3.12 it has no position of its own.
                    uses.kept.add(name)
                elif isinstance(node.ctx, ast.Store) and node.col_offset == 0:
                    uses.bound.add(name)
            case ast.Attribute(value=owner, attr=name):
                uses.seen.add(name)
                if id(node) in inside or (isinstance(owner, ast.Name) and owner.id in foreign):
                    uses.kept.add(name)
            case ast.arg(arg=name):
                names.add(name)
                uses.bound.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
                uses.bound.add(name)
            case ast.keyword(arg=str(name)) | ast.ExceptHandler(name=str(name)):
                uses.kept.add(name)
            case ast.Global(names=some) | ast.Nonlocal(names=some):
                uses.kept.update(some)
            case ast.Constant(value=str(words)) if id(node) not in prose:
                uses.kept.update(re.findall(r"\w+", words))
            case ast.Import(names=some):
                for one in some:
                    uses.kept.update(one.name.split("."))
                    names.add(one.asname or one.name.split(".")[0])
            case ast.ImportFrom(module=str(module), names=some):
                uses.kept.update(module.split("."))
                for one in some:
                    names.add(one.asname or one.name)
                    if module not in own or f"{module}.{one.name}" in own:
                        uses.kept.update((one.name, one.asname or one.name))
            case _:
                pass
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"))):
                # mpy-cross leaves it out for its leading underscore.
                uses.kept.add(name)
            case _:
                pass
    return names


def _of_class(node: ast.ClassDef) -> set[str]:
    out: set[str] = set()
    for part in node.body:
        match part:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                out.add(name)
            case ast.Assign(targets=targets):
                out.update(one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                out.add(name)
            case _:
                pass
    for part in ast.walk(node):
        match part:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                out.add(name)
            case _:
                pass
    return out


def _chosen(uses: _Uses) -> dict[str, str]:
    wanted = {name for name in uses.bound - uses.kept if not name.startswith("__") and len(name) > 1}
    loose = uses.anywhere & wanted
    beside: dict[str, set[str]] = defaultdict(set)
    for group in uses.together:
        mine = group & wanted
        for name in mine:
            beside[name] |= mine
    for name in wanted:
        beside[name] |= wanted if name in loose else loose
    taken = uses.kept | uses.bound | uses.seen | set[str]().union(*uses.together)
    fresh = [name for name in itertools.islice(_short(), len(wanted) + len(taken)) if name not in taken]
    names: dict[str, str] = {}
    for name in sorted(wanted, key=lambda one: (-len(beside[one]), one)):
        used = {names.get(other) for other in beside[name]}
        names[name] = next(one for one in fresh if one not in used)
    return names


def _short() -> Iterator[str]:
    for length in (1, 2, 3):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in ("as", "if", "in", "is", "or", "and", "def", "del", "for", "not", "try"):
                yield name


def _renamed(text: str, tree: ast.Module, names: Mapping[str, str]) -> str:
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    edits: set[tuple[int, int, str]] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in names:
                edits.add((node.lineno, node.col_offset, name))
            case ast.arg(arg=name) if name in names:
                edits.add((node.lineno, node.col_offset, name))
            case ast.Attribute(attr=name, end_lineno=int(line), end_col_offset=int(end)) if name in names:
                edits.add((line, end - len(name.encode()), name))
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name in names:
                word = b"def " if isinstance(node, ast.FunctionDef) else b"class "
                edits.add((node.lineno, lines[node.lineno - 1].index(word, node.col_offset) + len(word), name))
            case ast.Import(names=some) | ast.ImportFrom(names=some):
                for one in some:
                    if one.name in names:
                        edits.add((one.lineno, one.col_offset, one.name))
                    if one.asname and one.asname in names and one.end_col_offset is not None:
                        edits.add((one.lineno, one.end_col_offset - len(one.asname.encode()), one.asname))
            case _:
                pass
    # From the end, so that places before keep their numbers. Columns are counted in bytes.
    for number, column, name in sorted(edits, reverse=True):
        line = lines[number - 1]
        assert line[column : column + len(name)] == name.encode(), (number, name)
        lines[number - 1] = line[:column] + names[name].encode() + line[column + len(name) :]
    return b"".join(lines).decode()
