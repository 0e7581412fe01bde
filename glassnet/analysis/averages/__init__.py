"""Averages over the samples of a node: energies, overlaps, planted weight, on the rungs and between them.

Import order: all_rungs, paramagnet, random_pairs, free_energy_anchor, overlaps, energy_phases, planted_weight,
thermodynamics, disorder_mean, path_overlap, table.
"""
