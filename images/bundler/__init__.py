"""What of a repository and its environment its tasks can reach: the "esbuild of Python", at build time only.

    python -I -S DIRECTORY/bundler shake …      leave out what nothing reaches, and say what and why
    python -I -S DIRECTORY/bundler restore …    put it back, because it was needed after all

It reads and never runs: the repository's files with `ast`, the installed distributions by what their metadata says. It
comes into a build next to `inside`, whose way of finding task files it shares, and into no image. There the package has
another name; its modules therefore name one another relatively. Standard library only.

    references              what one file mentions: imports, names in strings, imports by computed names
    repository              the repository's files, and which of them a name means
    options                 what the configuration file says, read without running it
    reach                   which files the tasks can reach
    installed, facts,       which distributions they can reach
    selection
    bundle                  both as the document `bundle.json`
    shaking, program        the acts, and the command line
"""
