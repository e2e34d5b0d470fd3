"""The command line: read options, call one function of the workflow, render, choose the exit code."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``landinv`` command."""
    from landinv.cli.app import main as run

    run()
