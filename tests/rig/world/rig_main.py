"""Runs in MicroPython: calls one function of one script, which says what it saw by `rig_report.report`."""

import json
import os

call = json.loads(os.getenv("RIG_CALL"))
getattr(__import__(call["script"]), call["function"])(**call["arguments"])
