"""Dated rules as data, their evaluation on a day, deadlines and fees; the computer suspects, an official determines."""
