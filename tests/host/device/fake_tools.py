"""Tools that are none: they write down what they were called with and say what they are told to."""

import json
import sys
from pathlib import Path


def fake_tool(folder: Path, name: str, body: str) -> Path:
    """An executable Python script: `arguments` is what it was called with, all calls are kept in `NAME.calls`."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    log = folder / f"{name}.calls"
    head = f"#!{sys.executable}\nimport json, sys, time\narguments = sys.argv[1:]\n"
    head += f"open({str(log)!r}, 'a').write(json.dumps(arguments) + '\\n')\n"
    path.write_text(head + body + "\n")
    path.chmod(0o755)
    return path


def calls(folder: Path, name: str) -> list[list[str]]:
    log = folder / f"{name}.calls"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
