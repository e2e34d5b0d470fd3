"""Lists: CSV files, and the workbook of official registers."""
