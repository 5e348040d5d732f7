"""What cloudnet costs: `tools/bench` measures it, `docs/performance.md` explains it.

Absolute times change with whatever else the machine does, so most figures are printed beside a
reference that was measured in the same run. Nothing here is a test.
"""
