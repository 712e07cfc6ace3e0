"""A live session without a screen: transport, link, recorder and engine composed, one stream of updates out.

`plan` says what a session is to be, `updates` what it tells, `session` runs it, `guide` leads through the calibration.
Import the modules; this one loads nothing.
"""
