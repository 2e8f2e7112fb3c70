"""The catalogue (the truth), the engines, and the way from one to the other."""
