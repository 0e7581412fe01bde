"""The trees that ensembles look like around a weight.

Import order: degrees, branching.
"""
