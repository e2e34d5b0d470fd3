"""Layers in the formats that other offices take: written anew, whole or not at all."""
