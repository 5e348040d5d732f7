"""What the bench is doing now, on the terminal's second stream: steps of more than two seconds."""

import sys


def report_progress(line: str) -> None:
    """Print one line."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
