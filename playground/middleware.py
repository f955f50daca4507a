"""Headers of every answer: where a page may load from, and what of the browser it may use. Called by Django."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

DEBUG_PAGES = (404, 500)  # Django's own, which carry their styles and scripts within


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """`settings.CONTENT_SECURITY_POLICY` on each answer that has none of its own."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers.setdefault("Content-Security-Policy", build_policy(settings.CONTENT_SECURITY_POLICY))
            response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


def build_policy(directives: dict[str, list[str]]) -> str:
    """{"script-src": ["'self'"]} -> "script-src 'self'"."""
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())
