"""From run files to chains and a report: the run file, its tasks, and the MPI ranks that run them.

Import order: runfile, tasks, directory, execute, cost, report, watch.
"""
