"""What a board does at power-on: run main.py, if there is one."""

import os
import sys

try:
    os.stat("main.py")
except OSError:
    pass
else:
    # As on a board: the file system's root comes first, under the name that says "here".
    sys.path.insert(0, "")
    with open("main.py") as file:
        source = file.read()
    exec(compile(source, "main.py", "exec"), {"__name__": "__main__"})
