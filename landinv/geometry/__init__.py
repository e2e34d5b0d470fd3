"""Kernels on arrays of shapes: area, repair, difference, width, overlaps and shares; no files, no land law."""
