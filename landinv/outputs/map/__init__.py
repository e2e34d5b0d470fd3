"""The map: one HTML file that opens by double-click and asks nobody for anything."""

from landinv.outputs.map.content import MapContent
from landinv.outputs.map.leaflet_map import build_map
from landinv.outputs.map.page import save_map

__all__ = ["MapContent", "build_map", "save_map"]
