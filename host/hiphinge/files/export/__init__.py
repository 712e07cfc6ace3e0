"""Sessions in the formats of other tools. Import the modules; this one loads nothing."""
