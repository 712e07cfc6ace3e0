"""What the hardware rests on: figures with sources, calculations, wiring, parts list, drawings and enclosures."""
