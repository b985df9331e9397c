"""Activities on machines of every owner: VM, network, scripts, directory and Intune."""
