"""against -- the parts of bench/peers.py, which compares triptych's filters with those of other libraries."""
