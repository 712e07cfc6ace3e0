"""What the files of a session folder are called."""

CSV_NAME = "session.csv"
JSON_NAME = "session.json"
RAW_NAME = "raw.bin"
