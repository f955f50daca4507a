"""A run as Python that anyone can run: one module, one part of it. Put together by `artifacts/script`."""
