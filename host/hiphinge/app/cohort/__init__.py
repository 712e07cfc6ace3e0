"""Thousands of sessions into two Parquet data sets: what is to be done, the rows, the parts, and the workers."""
