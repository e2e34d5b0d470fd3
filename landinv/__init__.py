"""Land inventory of a county: approved-but-unsupplied and idle land, found, mapped, registered and matched."""

__version__ = "0.1.0"
