"""T_K by field integration: from overlaps with the planted state in a field to the zero of the complexity.

Import order: known_degrees, local_fields, complexity, instance_averages, complexity_zero, finite_size, integrals,
saved_chains.
"""
