"""A scan at work: its tasks are handed out to MPI ranks, or done one after the other.

Import order: progress, schedule, farm, run.
"""
