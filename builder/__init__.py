"""The act of building: from a source tree to a published image.

Here belong reading a repository's files safely, deciding what its build does (a plan, as data), writing that plan down
for BuildKit, running it, and saying how it went. What an image is called and holds belongs to `images`; when and for
whom to build belongs to `jobs`. Nothing of a repository is run or imported here: that happens inside BuildKit.

    source_tree, project                  its files, read safely
    detection, recognisers/, layout,      what is in the repository: how it installs, where its code is, which Python
    python_version, versions
    plan, planning, scripts               what will happen, as values
    bundle                                what of the plan no task needs
    containerfile, invocation, buildx     the same in BuildKit's and buildx's words
    child, progress, redaction, failure,  running it and telling how it went
    system_packages
    reuse                                 a key over everything that goes into an image
    buildkit                              `BuildKitBuilder`, which puts these together
"""
