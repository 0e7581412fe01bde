"""The run file: its keys, the checks between them, and how it may be extended later.

Import order: consistency, messages, writing, schema, field_settings, dilution, growth.
"""
