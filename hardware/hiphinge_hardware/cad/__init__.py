"""The printed parts: dimensions (plain numbers) and shapes (build123d, extra `hardware`)."""
