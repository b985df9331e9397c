"""Activities on machines, whatever they are for: their VM, network, scripts, and places in the directory."""
