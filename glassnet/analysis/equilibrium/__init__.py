"""Is a sample in equilibrium? Drift, starts, replicas that are stuck, and exact identities.

Import order: comparisons, identities, stuck_replicas, assessment.
"""
