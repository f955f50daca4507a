"""Every block of IANA's special-purpose registries: its first, middle and last address, and its neighbours."""

from __future__ import annotations

from ipaddress import ip_address

from django.test import SimpleTestCase

from training.datasets.addresses import (
    AS_OF,
    GLOBAL_UNICAST,
    IANA_IPV4,
    IANA_IPV6,
    NEAREST,
    OTHERS,
    Block,
    find_block,
    is_allowed,
)

BLOCKS = (*IANA_IPV4, *IANA_IPV6, *OTHERS)
REFUSED = [block for block in BLOCKS if block.reachable is not True or block.name in NEAREST]
REACHABLE = [block for block in BLOCKS if block not in REFUSED]


def addresses_of(block: Block) -> list:
    network = block.network
    return [network[0], network[network.num_addresses // 2], network[-1]]


def neighbours_of(block: Block) -> list:
    """The addresses just before and just after the block, where there are any."""
    kind = type(block.network[0])
    numbers = (int(block.network[0]) - 1, int(block.network[-1]) + 1)
    return [kind(number) for number in numbers if 0 <= number < 2**block.network.max_prefixlen]


class RegistryTests(SimpleTestCase):
    def test_the_lists_hold_every_row_of_the_registries_and_their_date(self):
        self.assertEqual((len(IANA_IPV4), len(IANA_IPV6)), (26, 25))
        self.assertGreaterEqual(AS_OF.isoformat(), "2025-10-09")
        self.assertEqual(len({block.network for block in BLOCKS}), len(BLOCKS))
        self.assertEqual({block.network.version for block in IANA_IPV4}, {4})
        self.assertEqual({block.network.version for block in IANA_IPV6}, {6})

    def test_no_address_of_a_block_that_is_not_globally_reachable_is_allowed(self):
        for block in REFUSED:
            for address in addresses_of(block):
                within = find_block(address)
                if within in REACHABLE:  # a block within the block, as 2001:20::/28 within 2001::/23
                    continue
                with self.subTest(block=str(block.network), address=str(address)):
                    self.assertFalse(is_allowed(address))

    def test_the_neighbours_of_a_block_are_allowed_unless_another_block_holds_them(self):
        allowed = 0
        for block in REFUSED:
            for address in neighbours_of(block):
                if find_block(address) is None and (address.version == 4 or address in GLOBAL_UNICAST):
                    with self.subTest(block=str(block.network), address=str(address)):
                        self.assertTrue(is_allowed(address))
                    allowed += 1
        self.assertGreater(allowed, 25)

    def test_blocks_that_are_globally_reachable_are_allowed(self):
        for block in REACHABLE:
            if block.name.startswith("IPv4-IPv6"):
                continue  # decided by the IPv4 address within
            for address in addresses_of(block):
                with self.subTest(block=str(block.network), address=str(address)):
                    self.assertTrue(is_allowed(address))


class AddressTests(SimpleTestCase):
    """Expectations written out by hand, so that a mistake in the list is found too."""

    def test_addresses_that_are_not_public_are_refused(self):
        for address in (
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8",
            "169.254.169.254", "172.16.5.4", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.0.192",
            "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.88.99.2", "192.168.1.1", "198.18.0.1", "198.19.255.255",
            "198.51.100.7", "203.0.113.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254", "64:ff9b::192.0.0.192",
            "64:ff9b:0:0:0:1::", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::1", "100:0:0:1::1",
            "100:0:0:2::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:1::1", "2001:1::2", "2001:2::1",
            "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:0808:0808::1", "3fff::1",
            "3fff:fff:ffff::1", "4000::1", "5f00::1", "5f00:ffff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
            "feff:ffff::1", "ff02::1", "ff0e::1",
        ):  # fmt: skip
            with self.subTest(address=address):
                self.assertFalse(is_allowed(ip_address(address)))

    def test_public_addresses_are_allowed(self):
        for address in (
            "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
            "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111",
            "2a00::1", "3ffe:ffff::1", "3fff:1000::1", "64:ff9b::8.8.8.8",
        ):  # fmt: skip
            with self.subTest(address=address):
                self.assertTrue(is_allowed(ip_address(address)))

    def test_networks_of_the_operator_are_allowed_besides(self):
        networks = ("10.1.0.0/16", "fd00:1::/32")
        for address in ("10.1.2.3", "fd00:1::5", "64:ff9b::10.1.2.3"):
            self.assertTrue(is_allowed(ip_address(address), networks))
        for address in ("10.2.2.3", "fd00:2::5", "64:ff9b::10.2.2.3", "::ffff:10.1.2.3"):
            self.assertFalse(is_allowed(ip_address(address), networks))
