"""Parts of the generator of the invented sample county (see ``scripts/make_sample_county.py``)."""
