"""For all tests."""

from hypothesis import settings

# How long an example takes is the machine's business; a test that fails by the clock says nothing.
settings.register_profile("cloudnet", deadline=None)
settings.load_profile("cloudnet")
