"""A run looked at from outside: how far it is, whether its chains can be reproduced, whether they are in equilibrium.

Import order: equilibrium, verify, status.
"""
