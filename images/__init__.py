"""The artefact: what an image is called, what is written on it, what is in it, where it is kept.

Here belong references, labels, the task manifest, the registry, the base image's recipe (`recipes/`) and the program
that runs in every image (`inside/`). How an image is made belongs to `builder`.
"""
