"""The fields that edit a parameter's value, each made from the parameter's declaration.

To add one: a file here with a class of `base.Field` that builds its widgets into `self.body`,
shows a value in `_show` and hands what the user does to `offer`; then a line in `make.Fields`,
which decides by the declaration, and a test that uses it by mouse and keys.
"""
