"""The pages of this repository as a site: its navigation, its links, its build."""
