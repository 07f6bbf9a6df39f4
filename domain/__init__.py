"""What we talk about: pure values and decisions.

Here belong the words of the product (repository, environment, deployment, build) and the rules that can be
decided from values alone. Nothing here reads a file, a clock, a socket or the environment, and nothing here
imports more than the standard library.
"""
