"""What the commands, the dashboard and the report have in common: composition without a screen.

Import the modules; this one loads nothing.
"""
