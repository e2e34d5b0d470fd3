"""Drawing and writing: lists, workbook, map, feed, and the record of a run."""
