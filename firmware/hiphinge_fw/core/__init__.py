"""Everything that decides: no `machine`, no `bluetooth`; time is passed in, so tests tick it."""
