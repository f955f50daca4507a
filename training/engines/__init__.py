"""Engines: they claim queued runs, give jobs and questions to worker processes, and record what these emit."""
