"""The reader process: the only place that opens foreign files. Nothing here is imported by the rest of the program."""
