"""The run file: its keys, the checks between them, and how it may be extended later.

Import order: field_settings, messages, consistency, schema, dilution, growth.
"""
