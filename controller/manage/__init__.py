"""``cloudnet-manage``: the operator's command, one file for each noun.

Command modules import nothing heavy: they are all imported for ``--help``. The database and the
use cases come with :mod:`.cloud`, when a command runs.
"""
