"""Settings of all tests."""

from hypothesis import settings

# The time that an example takes depends on the machine, so no test fails because of it.
settings.register_profile("cloudnet", deadline=None)
settings.load_profile("cloudnet")
