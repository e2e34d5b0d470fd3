"""Records and projects: one row for each supply and project, and the links between land and projects."""
