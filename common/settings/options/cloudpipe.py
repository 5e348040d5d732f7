"""The VPN of nova's projects, which cloudnet does not run."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Address, Text
from cloudnet.common.settings.options.wording import NO_EFFECT


def _formerly(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT")]


def _text(name: str, default: str | None, help_text: str) -> cfg.Opt:
    return cfg.Opt(
        name,
        type=Text(),
        default=default,
        deprecated_opts=_formerly(name),
        help=f"{help_text} {NO_EFFECT}",
    )


CLOUDPIPE: tuple[cfg.Opt, ...] = (
    _text("vpn_image_id", "0", "The image of a project's VPN server."),
    _text("vpn_key_suffix", "-vpn", "What its key pair's and security group's names end in."),
    cfg.Opt(
        "vpn_flavor",
        type=Text(),
        default="m1.tiny",
        deprecated_opts=[*_formerly("vpn_flavor"), *_formerly("vpn_instance_type")],
        help=f"The kind of instance it runs on. {NO_EFFECT}",
    ),
    _text("boot_script_template", None, "The template of the script that it boots with."),
    cfg.Opt(
        "dmz_net",
        type=Address(),
        default="10.0.0.0",
        deprecated_opts=_formerly("dmz_net"),
        help=f"The network that its clients get a route to. {NO_EFFECT}",
    ),
    cfg.Opt(
        "dmz_mask",
        type=Address(),
        default="255.255.255.0",
        deprecated_opts=_formerly("dmz_mask"),
        help=f"That network's mask. {NO_EFFECT}",
    ),
)

CLOUDPIPE_ELSEWHERE: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "keys_path",
        type=Text(),
        default="$state_path/keys",
        help=f"Where nova's API kept the VPN servers' keys. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ec2_dmz_host",
        type=Text(),
        default="$my_ip",
        help=f"Where guests reach nova's EC2 API. {NO_EFFECT}",
    ),
    cfg.PortOpt("ec2_port", default=8773, help=f"That API's port. {NO_EFFECT}"),
)
