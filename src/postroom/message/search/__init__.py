"""What searching means: text made comparable (`normal`), what a query says of it (`matching`), and the text that a message has (`content`).

The scan and the index ask the same functions, so that both give one answer.
"""
