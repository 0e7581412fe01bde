"""The run file: what may stand in it, what of it must agree, and how it may grow.

Import order: consistency, messages, writing, schema, field_settings, dilution, growth.
"""
