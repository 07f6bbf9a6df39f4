"""What Pushwright has to know about this project."""

from pushwright import define_config

config = define_config(project="requirements", machine="small-1x")
