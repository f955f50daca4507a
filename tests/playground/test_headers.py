"""The Content-Security-Policy of every answer, on the admin's pages and for strangers."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory, SimpleTestCase, TestCase, override_settings

from playground.middleware import SecurityHeadersMiddleware


class PolicyTests(TestCase):
    def test_every_answer_has_a_policy_that_allows_nothing_inline_and_no_other_host(self):
        browser = Client(headers={"host": "localhost"})
        browser.force_login(User.objects.create_superuser("teacher"))
        for path in (
            "/",
            "/learn/",
            "/developers/",
            "/docs/security/",
            "/asyncapi.json",
            "/admin/",
            "/account/",
            "/nothing/",
        ):
            with self.subTest(path=path):
                headers = browser.get(path).headers
                policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
                self.assertEqual((policy["default-src"], policy["script-src"]), ("'self'", "'self'"))
                self.assertEqual((policy["base-uri"], policy["frame-ancestors"]), ("'none'", "'none'"))
                sources = " ".join(policy.values())
                for loophole in ("unsafe-", "*", "http", "//"):
                    self.assertNotIn(loophole, sources)
                self.assertIn("camera=()", headers["Permissions-Policy"])
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["X-Frame-Options"], "DENY")


class OwnPolicyTests(SimpleTestCase):
    def answer(self, response: HttpResponse) -> HttpResponse:
        return SecurityHeadersMiddleware(lambda request: response)(RequestFactory().get("/"))

    def test_a_view_may_be_stricter(self):
        own = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
        self.assertEqual(self.answer(own).headers["Content-Security-Policy"], "sandbox")

    def test_djangos_own_page_of_an_error_keeps_its_looks_while_one_works_on_the_pages(self):
        for debug in (True, False):
            with override_settings(DEBUG=debug):
                headers = self.answer(HttpResponse(status=500)).headers
                self.assertEqual("Content-Security-Policy" in headers, not debug)
