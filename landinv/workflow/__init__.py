"""Joins the rooms: one function for each thing a user asks for."""
