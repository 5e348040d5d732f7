"""What cloudnet costs: `tools/bench` measures it, `docs/performance.md` tells it.

A machine that others use too makes every absolute time a matter of luck, so each figure stands
beside something that was measured in the same run. Nothing here is a test.
"""
