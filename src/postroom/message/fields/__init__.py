"""What field values mean: words, character sets, addresses, parameters, dates.

Every function takes an unfolded value as bytes, is linear in it, and returns something for any bytes; a value that says
nothing sensible gives None or an empty list.
"""
