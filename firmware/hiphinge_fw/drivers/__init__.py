"""Chips. A driver is given a bus and the clock's functions; it imports nothing of ours but its own family's parts."""
