"""Where pages may load from. The settings take it up; the middleware sends it."""

CONTENT_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    # What Plotly 7.1.0 writes into a page: an empty <style>, which it fills rule by rule, and the one of its maps.
    "style-src": [
        "'self'",
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
    ],
    "img-src": ["'self'", "data:", "blob:"],  # Plotly's heat maps, and what it saves as a picture
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
