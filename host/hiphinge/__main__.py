"""``python -m hiphinge`` is the command ``hiphinge``."""

from hiphinge.cli import main

if __name__ == "__main__":
    main()
