"""Parts of the procedures of images: capture, import, validation, versions."""
