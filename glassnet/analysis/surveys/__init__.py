"""All that an analysis needs of the chains, read in one pass over the samples of a dilution.

Import order: one_dilution, all_dilutions.
"""
