"""Where work is carried out: in this process, or in several."""
