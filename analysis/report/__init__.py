"""The report: static pages that need no network, one per experiment, with a dashboard."""
