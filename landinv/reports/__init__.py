"""What is counted: summaries, totals that foot, due dates."""
