"""The run file: its keys, the checks between them, and how it may be extended later.

Import order: field_settings, messages, sections, consistency, memory, examples, schema, dilution, growth.
"""
