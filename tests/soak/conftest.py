"""The copy of the project in which the smallest workflow has run."""

from tests.workflow.conftest import finished, project

__all__ = ["finished", "project"]
