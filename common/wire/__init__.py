"""What travels between controller and agent: values, and their plain form."""
