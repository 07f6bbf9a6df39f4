"""What a push changed, seen through the paths a project ignores."""

from collections.abc import Sequence

from domain.targets import Changes
from operations.gitignore import is_ignored, parse_patterns


def judge_changes(ignored_paths: Sequence[str], changed: Sequence[str] | None) -> Changes:
    """Return whether something changed that is not ignored; None for `changed` means that nobody knows.

    A push that changes nothing at all was made to deploy.
    """
    if changed is None:
        return Changes.UNKNOWN
    patterns = parse_patterns(ignored_paths)
    if changed and all(is_ignored(patterns, path) for path in changed):
        return Changes.IGNORED_ONLY
    return Changes.RELEVANT
