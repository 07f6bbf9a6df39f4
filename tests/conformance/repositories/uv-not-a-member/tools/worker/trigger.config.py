from pushwright import define_config

config = define_config(project="conformance")
