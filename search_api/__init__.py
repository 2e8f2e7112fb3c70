"""HTTP: parameters in, JSON and pages out."""
