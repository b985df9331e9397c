"""Sources of machines: marketplace images, managed images, compute galleries."""
