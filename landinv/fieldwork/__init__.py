"""The site visit: in which order to go, and what to take along."""
