"""Images: device images, the images in Azure that they are made from, and their replicas."""
