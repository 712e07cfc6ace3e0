"""The command as a program of its own, for tests that interrupt it."""

import sys

from hiphinge.cli import commands
from hiphinge.cli.cohort import cohort
from hiphinge.cli.run import prepare_process, run

if __name__ == "__main__":
    prepare_process()
    if not any(command.callback is cohort for command in commands.app.registered_commands):
        commands.app.command()(cohort)
    sys.exit(run(sys.argv[1:]))
