"""One self-contained HTML file that says what was found in a session, or in several side by side. Pure: text out."""
