"""What machines are made from: marketplace images, managed images, compute galleries."""
