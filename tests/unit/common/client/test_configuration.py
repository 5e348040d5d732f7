"""A compute service constructs a client wherever it likes, and keeps what is its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[3]

COMPUTE_SERVICE = """
import threading
from oslo_config import cfg
import oslo_messaging
from cloudnet.client import NetworkAPI

cfg.CONF.register_opts([cfg.StrOpt("control", default="mine")])
barrier, built = threading.Barrier(16), []

def build():
    barrier.wait()
    api = NetworkAPI("kombu+memory://", control_exchange="clouds")
    built.append(api._connection.exchange)
    api.close()

threads = [threading.Thread(target=build) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()

NetworkAPI("fake://", control_exchange="clouds", conf=cfg.CONF).close()
print(len(built), set(built), cfg.CONF.control)
cfg.CONF.register_cli_opt(cfg.BoolOpt("fast"))  # impossible after the command line was parsed
cfg.CONF(["--fast"], project="compute", default_config_files=[])
own = oslo_messaging.get_rpc_transport(cfg.CONF, url="fake://")
print(cfg.CONF.project, cfg.CONF.fast, own.conf.control_exchange)
"""


def test_clients_in_16_threads_leave_the_global_configuration_to_the_caller() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COMPUTE_SERVICE],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["16 {'clouds'} mine", "compute True openstack"]
