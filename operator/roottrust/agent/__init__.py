"""The istiod agent: fetches the intermediate CA into memory beside istiod."""
