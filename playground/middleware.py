"""Security headers of every answer: where a page may load from, and which features of the browser it may use."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

CONTENT_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    # Plotly 7.1.0 writes two <style> elements into a page: an empty one, which it fills later, and that of its maps.
    "style-src": [
        "'self'",
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
    ],
    "img-src": ["'self'", "data:", "blob:"],  # Plotly's heat maps, and the pictures that it saves
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
DEBUG_PAGES = (404, 500)
"""Status codes of Django's own pages with DEBUG, which contain styles and scripts."""


class SecurityHeadersMiddleware(MiddlewareMixin):
    """Add both policies to each answer that has none of its own."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers.setdefault("Content-Security-Policy", build_policy(CONTENT_SECURITY_POLICY))
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


def build_policy(directives: dict[str, list[str]]) -> str:
    """Return the value of the header, such as `script-src 'self'; img-src 'self' data:`."""
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())
