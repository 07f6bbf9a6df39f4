"""What can go wrong, in the author's words."""


class InvalidDefinition(ValueError):  # noqa: N818 - reads as the sentence it is raised with
    """A task or the configuration is declared with a value it cannot have; the deployment fails at this line."""


class AbortTaskRun(Exception):  # noqa: N818 - a request, as much as an error
    """Raise it inside a task to fail the run for good: it is not tried again, whatever the retry policy says."""


class NoCurrentRun(RuntimeError):  # noqa: N818 - see InvalidDefinition
    """`current_run()` was called while no run was going on, for instance at import."""
