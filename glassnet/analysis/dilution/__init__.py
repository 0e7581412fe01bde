"""Sizes whose dilutions differ a little, brought to one dilution.

Import order: isentropes, common_dilution.
"""
