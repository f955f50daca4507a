"""Visitors are counted by the network that one customer of a provider has."""

from __future__ import annotations

from django.test import RequestFactory, SimpleTestCase, override_settings

from playground.wire.address import UNKNOWN, hash_address, normalize_address, read_address


class AddressTests(SimpleTestCase):
    def test_ipv4_counts_by_address_and_ipv6_by_64_bits(self):
        for text, network in (
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::FFFF:cb00:7107", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("fe80::1%eth0", "fe80::/64"),
        ):
            self.assertEqual(normalize_address(text), network, text)

    def test_what_is_no_address_is_one_unknown_address(self):
        for text in ("", "None", "testserver", "1.2.3", "203.0.113.7:80", "a" * 10_000):
            self.assertEqual(normalize_address(text), UNKNOWN, text[:20])

    def test_requests_and_sockets_of_one_client_have_the_same_address(self):
        request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7")
        self.assertEqual(read_address(request), read_address({"client": ("::ffff:203.0.113.7", 4711)}))

    def test_a_server_on_a_unix_socket_sees_no_client(self):
        for client in (None, [], ("", 0), (None, None)):
            self.assertEqual(read_address({"client": client}), UNKNOWN)
        self.assertEqual(read_address({}), UNKNOWN)
        self.assertEqual(read_address(RequestFactory().get("/", REMOTE_ADDR="")), UNKNOWN)

    def test_no_header_of_the_visitor_changes_the_address(self):
        request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="198.51.100.1")
        self.assertEqual(read_address(request), "203.0.113.7")

    def test_the_hash_depends_on_the_servers_secret(self):
        one = hash_address("203.0.113.7")
        self.assertEqual(one, hash_address("203.0.113.7"))
        self.assertRegex(one, r"\A[0-9a-f]{32}\Z")
        with override_settings(SECRET_KEY="another"):
            self.assertNotEqual(one, hash_address("203.0.113.7"))
