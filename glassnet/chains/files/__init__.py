"""Files on disk, whatever they hold: written whole or not at all, read only where they are files.

Import order: atomic_write, file_window, regular_file, sealed_json, zip_archive.
"""
