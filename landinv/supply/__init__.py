"""Approved land less supplied land: residual parcels, and the balance of areas that proves them."""
