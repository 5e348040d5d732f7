"""Pure: rows that contradict each other, or that no program of cloudnet would write."""
