"""The only code that talks to istiod, at its port 15012."""
