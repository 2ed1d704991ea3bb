"""The fields that edit a parameter's value, made from its declaration; see `make.make_field`."""
