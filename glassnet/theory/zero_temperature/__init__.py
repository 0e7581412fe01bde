"""Zero temperature: random XORSAT, the transitions close to it, and ground states of frustrated glasses.

Import order: xorsat, ground_state, low_temperature.
"""
