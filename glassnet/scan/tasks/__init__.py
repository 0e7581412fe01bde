"""One task of a scan: a glass, its ladder, its chains, and the moments when they are saved.

Import order: field_ladders, field_tasks, heartbeat, stop, checkpoint, glass_tasks, ladders.
"""
