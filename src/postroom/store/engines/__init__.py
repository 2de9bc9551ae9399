"""Engines: SQLite today; the seam for PostgreSQL. No file outside this folder names one.

An engine gives `model.database.Database`; callers never ask which.
"""
