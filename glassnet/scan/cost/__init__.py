"""What a scan will take: time, memory and disk.

Import order: footprint, calibration, forecast.
"""
