"""Theory of one given glass: leaf removal, ground states by linear algebra, belief propagation.

Import order: belief_propagation, leaf_removal, linear_algebra.
"""
