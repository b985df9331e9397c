"""Microsoft.Compute: machines, disks, images, capacity."""
