"""The nouns, the errors and the ports that everybody may name.

Rules of this room: values only, frozen and slotted; nothing here opens, sends, waits or decides. It imports `message`
and the standard library. A service names a port of `model.ports`, never the adapter behind it; `app` joins the two.
"""
