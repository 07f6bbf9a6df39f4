"""What Pushwright has to know about this project."""

from pushwright import Retry, define_config

config = define_config(
    project="hello",
    max_duration=60,
    retries=Retry(max_attempts=3, min_delay_seconds=1),
)
