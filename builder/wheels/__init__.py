"""Wheels as the unit of dependencies: each is unpacked and compiled once, in a stage that any project's build finds.

Here: which wheels a lock means for the base image's Python, the stages that make them, and how stages become layers.
Not here: what the rest of an install does (`builder.install`), which lock it is (`builder.recognisers`).
"""
