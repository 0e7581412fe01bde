"""The run file: what may stand in it, what of it must agree, and how it may grow.

Import order: field_settings, messages, writing, consistency, schema, dilution, growth.
"""
