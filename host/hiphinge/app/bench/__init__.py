"""Bench validation and bring-up: what a built device does against something known, without a laboratory."""
