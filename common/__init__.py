"""What the controller, the agents and a compute service share."""
