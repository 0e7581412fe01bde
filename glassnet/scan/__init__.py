"""Run files to chains: what a run asks (config), its tasks, and the farm that works them off.

Import order: runfile, tasks, directory, execute, cost, report, watch.
"""
