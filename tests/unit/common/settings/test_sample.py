"""The sample configuration is that of this version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_the_sample_is_what_the_generator_writes(tmp_path: Path) -> None:
    fresh = tmp_path / "nova.conf.sample"
    generator = "from oslo_config.generator import main; main()"

    subprocess.run(
        [sys.executable, "-c", generator, "--config-file", "etc/oslo-config-generator.conf",
         "--output-file", str(fresh)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip

    assert fresh.read_text() == (ROOT / "etc/nova.conf.sample").read_text(), (
        "run oslo-config-generator --config-file etc/oslo-config-generator.conf"
    )


def test_the_sample_is_a_valid_configuration() -> None:
    from cloudnet.common.settings.load import read_controller

    read_controller([ROOT / "etc/nova.conf.sample"], "cloudnet-manage")
