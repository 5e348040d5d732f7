"""One family of errors, by who must act.

``BadRequest`` is the caller's, ``OutOfSupply`` the operator's, ``KernelRefused`` the host's; all
else is a bug of ours. The leaf names are those that nova's clients know: an error travels over the
queue under its class name, and its message names the thing and the remedy.
"""

from __future__ import annotations


class CloudnetError(Exception):
    """Anything that cloudnet refuses or fails to do, with one line that says so."""


class BadRequest(CloudnetError):
    """The caller asked for something that cannot be; asking again will not help."""


class NotFound(BadRequest):
    """The caller named a thing that is not there."""


class OutOfSupply(CloudnetError):
    """The operator must add something: addresses, networks, VLAN ids, quota."""


class KernelRefused(CloudnetError):
    """The host's kernel or one of its programs would not do as told."""


class NeedsOperator(KernelRefused):
    """As above, and trying again soon will not help: an operator must change the host first."""


class ConfigurationError(CloudnetError):
    """The configuration is wrong; names file, option, value and what would be right."""


class BrokerUnavailable(CloudnetError):
    """No broker answers; asking again later may help."""


class DatabaseUnavailable(CloudnetError):
    """The database does not answer, or has no tables yet."""


# -- the caller's ------------------------------------------------------------------------------


class InvalidInput(BadRequest):
    """An argument is not of the kind it must be."""


class InvalidCidr(BadRequest):
    """Not a network in CIDR notation."""


class InvalidAddress(BadRequest):
    """Not an IP address."""


class InvalidIntValue(BadRequest):
    """Not a whole number within bounds."""


class NetworkNotCreated(BadRequest):
    """Something that a network needs was left out."""


class AddressOutOfRange(BadRequest):
    """The address lies outside the network."""


class CidrConflict(BadRequest):
    """The range overlaps a network that exists."""


class DuplicateVlan(BadRequest):
    """The VLAN id is taken."""


class Forbidden(BadRequest):
    """The thing belongs to another project."""


class InstanceNotFound(NotFound):
    """No such instance is known here."""


class HostNotFound(NotFound):
    """No such host has ever reported."""


class NetworkNotFound(NotFound):
    """No such network."""


class NetworkNotFoundForUUID(NetworkNotFound):
    """No network has this uuid."""


class NetworkNotFoundForCidr(NetworkNotFound):
    """No network has this range."""


class NetworkNotFoundForProject(NetworkNotFound):
    """The project does not own this network."""


class NoNetworksFound(NotFound):
    """None of the requested networks can be seen by the project."""


class NetworkHasProject(BadRequest):
    """The network belongs to a project; disassociate it first."""


class NetworkInUse(BadRequest):
    """The network has addresses in use."""


class FixedIpNotFound(NotFound):
    """No such fixed IP."""


class FixedIpNotFoundForAddress(FixedIpNotFound):
    """No fixed IP has this address."""


class FixedIpNotFoundForNetwork(FixedIpNotFound):
    """The address cannot be had on this network."""


class FixedIpNotFoundForSpecificInstance(FixedIpNotFound):
    """The instance does not hold this address."""


class FixedIpInvalid(BadRequest):
    """Not a fixed IP address."""


class FixedIpAlreadyInUse(BadRequest):
    """Another instance holds this address."""


class FloatingIpNotFound(NotFound):
    """No such floating IP."""


class FloatingIpNotFoundForAddress(FloatingIpNotFound):
    """No floating IP has this address."""


class FloatingIpPoolNotFound(NotFound):
    """No floating IP belongs to this pool."""


class FloatingIpExists(BadRequest):
    """The floating IP is there already."""


class FloatingIpAssociated(BadRequest):
    """The floating IP is associated; disassociate it first."""


class FloatingIpNotAssociated(BadRequest):
    """The floating IP is not associated."""


class FloatingIpAssociateFailed(BadRequest):
    """Somebody else changed the floating IP at the same moment."""


class CannotDisassociateAutoAssignedFloatingIP(BadRequest):
    """The floating IP came with its instance and goes with it."""


class VirtualInterfaceCreateException(BadRequest):
    """A virtual interface could not be made as asked."""


# -- the operator's ----------------------------------------------------------------------------


class NoMoreFixedIps(OutOfSupply):
    """The network is full."""


class NoMoreNetworks(OutOfSupply):
    """No network is left for the project."""


class NoMoreVlans(OutOfSupply):
    """No VLAN id is left."""


class NoMoreFloatingIps(OutOfSupply):
    """The pool is empty."""


class FixedIpLimitExceeded(OutOfSupply):
    """The project has its quota of fixed IPs."""


class FloatingIpLimitExceeded(OutOfSupply):
    """The project has its quota of floating IPs."""


class VirtualInterfaceMacAddressException(OutOfSupply):
    """No free MAC address was found in the allowed number of tries."""


class FixedIpAssociateFailed(OutOfSupply):
    """The address was lost to others in every one of the allowed number of tries."""


# -- what a client meets -----------------------------------------------------------------------


class NotWired(CloudnetError):
    """The hosts have not wired an instance's networks in time."""


class ServiceFailed(CloudnetError):
    """The network service met an error that is its own."""
