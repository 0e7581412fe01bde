"""The planted glass in the limit of large N: overlap, complexity, and what becomes of it when it is heated.

Import order: density_evolution, population, glass_states, signed_evolution, steered_population, ferromagnet,
state_following.
"""
