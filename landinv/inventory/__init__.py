"""The parcel: its columns and shares, its identity, and the change between two states."""
