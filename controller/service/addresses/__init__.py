"""Use cases of fixed addresses."""
