from pathlib import Path

from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.lab.machines.host import Host


def test_a_broker_ends_with_everything_that_it_started(lab: Host, directory: Path) -> None:
    with RabbitMQ(directory / "broker", "127.0.0.1", 5673) as broker:
        assert broker.transport_url == "rabbit://cloudnet:cloudnet@127.0.0.1:5673/"
        assert lab.attempt("pgrep", "-x", "epmd").ok

    assert not lab.attempt("pgrep", "-x", "epmd|beam.smp|erl_child_setup").ok
