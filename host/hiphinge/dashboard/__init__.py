"""The dashboard: a live session in the browser, served by this computer alone."""
