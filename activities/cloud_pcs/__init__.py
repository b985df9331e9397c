"""Activities on Cloud PCs: their records, desktops and roles, adoption, and orphans."""
