"""The ledger feed: a tabular data package for the county's project ledger."""
