"""The class of nova's under which each error of cloudnet's reaches a compute service.

Nova's RPC client rebuilds exceptions of the module ``nova.exception`` only, and its API turns them
into its answers to users. Most classes have the same name there. nova is not imported: the name and
the module are all that travels.
"""

from __future__ import annotations

from cloudnet.common import errors
from cloudnet.common.errors import CloudnetError

NOVA_MODULE = "nova.exception"

NOVA_NAMES: dict[type[CloudnetError], str] = {
    # families
    errors.CloudnetError: "NovaException",
    errors.BadRequest: "InvalidInput",
    errors.NotFound: "NotFound",
    errors.OutOfSupply: "NovaException",
    errors.KernelRefused: "VirtualInterfaceCreateException",
    # the service itself
    errors.BrokerUnavailable: "ServiceUnavailable",
    errors.DatabaseUnavailable: "ServiceUnavailable",
    errors.DatabaseRestored: "ServiceUnavailable",
    errors.UnreadableRow: "NovaException",
    errors.DnsServerRefused: "ServiceUnavailable",
    errors.DeadlinePassed: "ServiceUnavailable",
    errors.ServiceFailed: "NovaException",
    errors.HostDisabled: "ServiceUnavailable",
    errors.HostInUse: "InvalidInput",
    # bad requests
    errors.InvalidInput: "InvalidInput",
    errors.InvalidUUID: "InvalidUUID",
    errors.InvalidID: "InvalidID",
    errors.InvalidIpAddressError: "InvalidIpAddressError",
    errors.InvalidCidr: "InvalidCidr",
    errors.InvalidAddress: "InvalidAddress",
    errors.InvalidIntValue: "InvalidIntValue",
    errors.NetworkSetHostFailed: "NetworkSetHostFailed",
    errors.NetworkNotCreated: "NetworkNotCreated",
    errors.AddressOutOfRange: "AddressOutOfRange",
    errors.CidrConflict: "CidrConflict",
    errors.DuplicateVlan: "DuplicateVlan",
    errors.Forbidden: "Forbidden",
    errors.DnsNotFound: "NotFound",
    errors.InstanceNotFound: "InstanceNotFound",
    errors.HostNotFound: "HostNotFound",
    errors.NetworkNotFound: "NetworkNotFound",
    errors.NetworkNotFoundForUUID: "NetworkNotFoundForUUID",
    errors.NetworkNotFoundForCidr: "NetworkNotFoundForCidr",
    errors.NetworkNotFoundForProject: "NetworkNotFoundForProject",
    errors.NoNetworksFound: "NoNetworksFound",
    errors.NetworkHasProject: "NetworkHasProject",
    errors.NetworkInUse: "NetworkInUse",
    errors.FixedIpNotFound: "FixedIpNotFound",
    errors.FixedIpNotFoundForAddress: "FixedIpNotFoundForAddress",
    errors.FixedIpNotFoundForNetwork: "FixedIpNotFoundForNetwork",
    errors.FixedIpNotFoundForSpecificInstance: "FixedIpNotFoundForSpecificInstance",
    errors.FixedIpInvalid: "FixedIpInvalid",
    errors.FixedIpAlreadyInUse: "FixedIpAlreadyInUse",
    errors.FloatingIpNotFound: "FloatingIpNotFound",
    errors.FloatingIpNotFoundForAddress: "FloatingIpNotFoundForAddress",
    errors.FloatingIpPoolNotFound: "FloatingIpPoolNotFound",
    errors.FloatingIpDNSExists: "FloatingIpDNSExists",
    errors.FloatingIpExists: "FloatingIpExists",
    errors.FloatingIpAssociated: "FloatingIpAssociated",
    errors.FloatingIpNotAssociated: "FloatingIpNotAssociated",
    errors.FloatingIpAssociateFailed: "FloatingIpAssociateFailed",
    errors.CannotDisassociateAutoAssignedFloatingIP: "CannotDisassociateAutoAssignedFloatingIP",
    errors.VirtualInterfaceCreateException: "VirtualInterfaceCreateException",
    # out of supply
    errors.NoMoreFixedIps: "NoMoreFixedIps",
    errors.NoMoreNetworks: "NoMoreNetworks",
    errors.NoMoreVlans: "DuplicateVlan",  # all are in use; nova's API answers 409
    errors.FloatingIpAllocateFailed: "FloatingIpAllocateFailed",
    errors.NoMoreFloatingIps: "NoMoreFloatingIps",
    errors.FixedIpLimitExceeded: "FixedIpLimitExceeded",
    errors.FloatingIpLimitExceeded: "FloatingIpLimitExceeded",
    errors.VirtualInterfaceMacAddressException: "VirtualInterfaceMacAddressException",
    errors.FixedIpAssociateFailed: "FixedIpAssociateFailed",
    # a compute service gives up a boot with these
    errors.NotWired: "VirtualInterfaceCreateException",
}


def to_nova(error: CloudnetError) -> Exception:
    """Return an exception that the queue library sends as nova's class.

    Its keyword arguments, which nova's exceptions accept, name cloudnet's own class.
    """
    own = type(error)
    name = next(NOVA_NAMES[class_] for class_ in own.__mro__ if class_ in NOVA_NAMES)
    attributes = {"__module__": NOVA_MODULE, "kwargs": {"cloudnet_error": own.__name__}}
    sent: Exception = type(name, (Exception,), attributes)(str(error))
    return sent
