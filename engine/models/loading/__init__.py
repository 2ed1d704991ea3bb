"""Loading real models: components from folders and files of every common layout, with adapters.

`components.py` is the way in.  Nothing here downloads, and nothing here opens a pickle.
"""
