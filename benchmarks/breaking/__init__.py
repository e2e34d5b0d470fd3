"""Ways to break a register, and what to look for afterwards."""
