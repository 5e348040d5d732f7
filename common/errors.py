"""One family of errors, by who must act.

``BadRequest``: the caller; ``OutOfSupply``: the operator; ``KernelRefused``: whoever runs the host.
Any other exception is a bug. The leaf classes have the names that nova's clients know: an error is
sent to the caller under its class name, and its message names the object and the remedy.
"""

from __future__ import annotations


class CloudnetError(Exception):
    """Base of all errors that cloudnet raises on purpose; the message is one line."""


class BadRequest(CloudnetError):
    """The request is invalid; repeating it will not help."""


class NotFound(BadRequest):
    """The request names something that does not exist."""


class OutOfSupply(CloudnetError):
    """The operator must add something: addresses, networks, VLAN ids, quota."""


class DatabaseRestored(OutOfSupply):
    """The database was restored, and not all hosts have reported yet which addresses they use."""


class KernelRefused(CloudnetError):
    """The host's kernel, or a program on it, refused an operation."""


class NeedsOperator(KernelRefused):
    """As above, and trying again soon will not help: an operator must change the host first."""


class FormerKept(KernelRefused):
    """As above, and what the host had before serves instead: it is no reason to try again."""


class ConfigurationError(CloudnetError):
    """The configuration is wrong; each line names file, option, value and what is right.

    It is the only error whose message can have several lines.
    """


def format_refusal(prog: str, error: CloudnetError) -> list[str]:
    """Return the lines that a program prints before it ends: each begins with its name."""
    text = str(error)
    lines = text.split("\n") if isinstance(error, ConfigurationError) else [text]
    return [f"{prog}: {line}" for line in lines]


class BrokerUnavailable(CloudnetError):
    """No broker answers; a later attempt may succeed."""


class DnsServerRefused(CloudnetError):
    """A DNS server does not reply, or refuses an update."""


class DeadlinePassed(CloudnetError):
    """A call took longer than its caller waits; nothing was changed."""


class DatabaseUnavailable(CloudnetError):
    """The database does not answer, or has no tables yet."""


# -- bad requests ------------------------------------------------------------------------------


class UnreadableRow(CloudnetError):
    """A row of the database has a value that its column cannot have: somebody edited it by SQL."""

    def __init__(self, message: str, value: object = None) -> None:
        super().__init__(message)
        self.value = value  # None: of another process


class InvalidInput(BadRequest):
    """An argument has the wrong type or form."""


class InvalidUUID(InvalidInput):
    """Not a uuid."""


class InvalidCidr(BadRequest):
    """Not a network in CIDR notation."""


class InvalidAddress(BadRequest):
    """Not an IP address."""


class InvalidIntValue(BadRequest):
    """Not a whole number within its bounds."""


class NetworkSetHostFailed(BadRequest):
    """A network gets no gateway host."""


class NetworkNotCreated(BadRequest):
    """An argument that a new network needs is missing."""


class AddressOutOfRange(BadRequest):
    """The address lies outside the network."""


class CidrConflict(BadRequest):
    """The range overlaps an existing network."""


class DuplicateVlan(BadRequest):
    """Another network has the VLAN id."""


class InvalidID(BadRequest):
    """Not the number of a row."""


class InvalidIpAddressError(BadRequest):
    """Not the address of a floating IP."""


class Forbidden(BadRequest):
    """The object belongs to another project."""


class DnsNotFound(NotFound):
    """There is no such DNS domain or entry."""


class InstanceNotFound(NotFound):
    """There is no such instance."""


class HostNotFound(NotFound):
    """No such host has ever reported."""


class NetworkNotFound(NotFound):
    """There is no such network."""


class NetworkNotFoundForUUID(NetworkNotFound):
    """No network has this uuid."""


class NetworkNotFoundForCidr(NetworkNotFound):
    """No network has this range."""


class NetworkNotFoundForProject(NetworkNotFound):
    """The project does not own this network."""


class NoNetworksFound(NotFound):
    """The project may see none of the requested networks."""


class HostDisabled(BadRequest):
    """An operator has disabled the host: it gets no new guests."""


class HostInUse(BadRequest):
    """The host reports, or has guests or gateways; move them first."""


class NetworkHasProject(BadRequest):
    """The network belongs to a project; disassociate it first."""


class NetworkInUse(BadRequest):
    """The network has addresses in use."""


class FixedIpNotFound(NotFound):
    """There is no such fixed IP."""


class FixedIpNotFoundForAddress(FixedIpNotFound):
    """No fixed IP has this address."""


class FixedIpNotFoundForNetwork(FixedIpNotFound):
    """The network has no such address for a guest."""


class FixedIpNotFoundForSpecificInstance(FixedIpNotFound):
    """The instance does not have this address."""


class FixedIpInvalid(BadRequest):
    """Not a fixed IP address."""


class FixedIpAlreadyInUse(BadRequest):
    """Another instance holds this address."""


class FloatingIpNotFound(NotFound):
    """There is no such floating IP."""


class FloatingIpNotFoundForAddress(FloatingIpNotFound):
    """No floating IP has this address."""


class FloatingIpPoolNotFound(NotFound):
    """The pool has no floating IP."""


class FloatingIpExists(BadRequest):
    """The floating IP exists already."""


class FloatingIpAssociated(BadRequest):
    """The floating IP is associated; disassociate it first."""


class FloatingIpDNSExists(BadRequest):
    """The DNS domain has an entry with this name."""


class FloatingIpNotAssociated(BadRequest):
    """The floating IP is not associated."""


class FloatingIpAssociateFailed(BadRequest):
    """Another call changed the floating IP at the same time."""


class CannotDisassociateAutoAssignedFloatingIP(BadRequest):
    """The floating IP was assigned with its instance and is released with it."""


class VirtualInterfaceCreateException(BadRequest):
    """A virtual interface cannot be created as requested."""


# -- out of supply -----------------------------------------------------------------------------


class NoMoreFixedIps(OutOfSupply):
    """The network is full."""


class NoMoreNetworks(OutOfSupply):
    """No network is left for the project."""


class NoMoreVlans(OutOfSupply):
    """No VLAN id is left."""


class FloatingIpAllocateFailed(OutOfSupply):
    """Other calls got the floating IP in each of the allowed number of tries."""


class NoMoreFloatingIps(OutOfSupply):
    """The pool is empty."""


class FixedIpLimitExceeded(OutOfSupply):
    """The project has used its quota of fixed IPs."""


class FloatingIpLimitExceeded(OutOfSupply):
    """The project has used its quota of floating IPs."""


class VirtualInterfaceMacAddressException(OutOfSupply):
    """No free MAC address was found in the allowed number of tries."""


class FixedIpAssociateFailed(OutOfSupply):
    """Other calls got the address in each of the allowed number of tries."""


# -- raised by the client ----------------------------------------------------------------------


class NotWired(CloudnetError):
    """The hosts did not wire an instance's networks in time."""


class ServiceFailed(CloudnetError):
    """The network service failed by a bug of its own."""
