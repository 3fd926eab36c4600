"""The copies of the project in which the smallest workflow has run, and which a user added to."""

from tests.additions.conftest import followed
from tests.workflow.conftest import finished, project

__all__ = ["finished", "followed", "project"]
