"""Which network addresses a URL may lead to.

A service that fetches what its users name can be made to fetch from inside: the machine itself,
its neighbours, a cloud's metadata. What counts is the address that is connected to, in numbers:
names and odd spellings (``0x7f.1``, ``2130706433``) have become numbers by then.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

#: What Python 3.11 takes for public and is not: an address that the host of a virtual machine
#: answers (Azure), protocol assignments (Oracle's metadata among them), relays of 6to4, site-local
#: addresses, documentation, segment routing.
_NOT_PUBLIC: Final = tuple(
    ip_network(network)
    for network in (
        *("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"),
        *("fec0::/10", "3fff::/20", "5f00::/16"),
    )
)

#: IPv6 networks whose addresses hold an IPv4 address in their last 32 bits: NAT64, its local form,
#: IPv4-compatible, IPv4-translated.
_HOLD_IPV4: Final = tuple(
    IPv6Network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
)
_IPV4_BITS: Final = 0xFFFFFFFF


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet.

    Parameters
    ----------
    address : str
        IPv4 or IPv6 in numbers, as ``socket.getaddrinfo`` gives it; a zone (``%eth0``) is allowed.

    Returns
    -------
    bool
        False for loopback, link-local (with the metadata address 169.254.169.254), private,
        shared, reserved, multicast and unspecified addresses, also where an IPv6 address holds
        such an IPv4 address; and for what is no address.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(form) for form in (parsed, *_held_in(parsed)))


def _is_public(address: Address) -> bool:
    inside = any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not inside


def _held_in(address: Address) -> list[IPv4Address]:
    """IPv4 addresses that packets to an IPv6 address may end at."""
    if isinstance(address, IPv4Address):
        return []
    held = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _HOLD_IPV4):
        held.append(IPv4Address(int(address) & _IPV4_BITS))
    return [one for one in held if one is not None]
