"""Vendors' text files to a recording, by a mapping.

A mapping (`mapping`, read by `mapping_file`) says what the columns of a file mean. `sources` finds the files,
`text_file` and `table` read them, `clock` gives each row its time, `stream` its values in our units; `clocks` relates
the two sensors' clocks (`lag` by their motion), `align` brings all to one time base, `assemble` leads.
"""
