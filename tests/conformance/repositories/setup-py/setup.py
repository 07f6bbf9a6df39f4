from setuptools import setup

setup(name="shop", version="1.0.0", py_modules=["shop"], install_requires=["six>=1.16"])
