"""The program in every built image: `configure`, `complete`, `index` at build time, `run` or `serve` for runs.

It speaks the contract in `docs/reference/image-contract.md` and knows nothing of the service. It imports the
standard library and the `pushwright` of the image, so that whatever a repository installs, it starts.

The directory is copied into the image as it is and executed by path; there the package is called
`pushwright_inside`, here `images.inside`. Its modules therefore name one another relatively.
"""
