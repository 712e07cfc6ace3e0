"""From angles to judged repetitions: the same code live and offline.

`segmenter` finds bends and returns, `screen` leaves out what is no hinge, `measure` takes the values, `judge` compares
them with limits, `sets` groups them, `words` says it plainly.
"""
