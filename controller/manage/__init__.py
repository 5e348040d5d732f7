"""``cloudnet-manage``: the operator's command, one file for each noun.

Command modules import nothing heavy, because ``--help`` imports them all. The database and the use
cases are imported by :mod:`.session`, when a command runs.
"""
