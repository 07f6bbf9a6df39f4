"""What the set-up says: one line per choice, one sentence per failure."""


class SetupError(Exception):
    """The machine cannot be made ready; the text says what is missing and what to do."""


def say(subject: str, sentence: str) -> None:
    """Print one explaining line at once, also into a pipe."""
    print(f"{subject}: {sentence}", flush=True)
