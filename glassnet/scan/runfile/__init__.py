"""The run file: its keys, the checks between them, and how it may be extended later.

Import order: field_settings, messages, writing, consistency, schema, dilution, growth.
"""
