"""The artefact: what an image is called, what is written on it, what is in it, where it is kept.

Here belong references, labels, the task manifest, the registry, the base image's recipe (`recipes/`), the program that
runs in every image (`inside/`) and the one that finds out what an image needs (`bundler/`). How an image is made
belongs to `builder`.
"""
