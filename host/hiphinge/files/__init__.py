"""Session folders and CSV files: reading, checking, writing. Import the modules; this one loads nothing."""
