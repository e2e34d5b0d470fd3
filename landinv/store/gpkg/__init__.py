"""The GeoPackage file format, as far as the store needs it (OGC 12-128r18, version 1.3)."""
