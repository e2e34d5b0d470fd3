"""Words of the field: specifications, code lists, keys, units and option classes. No I/O but its own data files."""
