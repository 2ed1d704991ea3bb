"""Reading, writing, spooling and packaging of pictures, video and sound.

Import the module you need: this package loads neither numpy nor a media library by itself.
"""
