"""The words that the controller, the agents and a compute service share."""

import warnings

# oslo.messaging imports eventlet when it finds it, to ask whether it is in use; it is not, and
# eight lines of advice about it on every start help nobody.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
