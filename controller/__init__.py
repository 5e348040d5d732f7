"""The controller: decides what each host shall have, and stores it in the database."""
