"""One module per kind of lock: from the repository's files to an install, or None when the kind is not there."""
