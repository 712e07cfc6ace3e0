"""What the codec may use: `struct`, and what a small MicroPython has."""

import ast
import sys

from interpreters import CODEC, micropython, output

FILES = sorted((CODEC / "hiphinge_wire").glob("*.py"))
EVERYTHING = ["hiphinge_wire." + file.stem for file in FILES if file.stem != "__init__"]


def test_only_struct_is_imported():
    imported: set[str] = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, "a relative import costs a lookup on the device"
                imported.add(node.module or ".")
    assert {name for name in imported if name.split(".")[0] != "hiphinge_wire"} == {"struct"}


def test_importing_all_of_it_loads_nothing_else():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules)\n"
        f"import {', '.join(EVERYTHING)}\n"
        "print(sorted(name for name in set(sys.modules) - before if name.split('.')[0] != 'hiphinge_wire'))"
    )
    assert output(sys.executable, "-S", "-c", code, str(CODEC)) in ("['_struct', 'struct']", "[]")


def test_the_package_itself_loads_no_module():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hiphinge_wire\n"
        "print([name for name in sys.modules if name.startswith('hiphinge_wire.')])"
    )
    assert output(sys.executable, "-S", "-c", code, str(CODEC)) == "[]"


def test_the_codec_leaves_a_small_heap_to_others():
    # 220 KiB on 64 bits stands for an ESP32's heap; the codec may take less than half.
    code = (
        "import sys, gc\n"
        f"sys.path.insert(0, {str(CODEC)!r})\n"
        "gc.collect()\nbefore = gc.mem_alloc()\n"
        f"import {', '.join(EVERYTHING)}\n"
        "gc.collect()\nprint(gc.mem_alloc() - before)"
    )
    assert int(output(micropython(), "-X", "heapsize=220k", "-c", code)) < 100_000
