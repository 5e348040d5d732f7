from pathlib import Path

from tests.fixtures.servers import RabbitMQ
from tests.lab.machines.host import Place


def test_a_broker_comes_and_goes_with_all_it_has_started(lab: Place, directory: Path) -> None:
    with RabbitMQ(directory / "broker", "127.0.0.1", 5673) as broker:
        assert broker.transport_url == "rabbit://cloudnet:cloudnet@127.0.0.1:5673/"
        assert lab.attempt("pgrep", "-x", "epmd").ok

    assert not lab.attempt("pgrep", "-x", "epmd|beam.smp|erl_child_setup").ok
